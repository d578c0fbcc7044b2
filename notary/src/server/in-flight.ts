/** Bytes of bodies that are being read or worked on, bounded for all senders together and shared fairly among them. */

import { FairShare } from "@companyos/service/fair-share";
import type { Request, Response } from "express";
import { endOf, onceAborted } from "./ended.ts";
import { respond } from "./responses.ts";

export class InFlight {
  readonly #limit: number;
  readonly #share = new FairShare<string>();

  /** `limit`: bytes at most; a lone sender has half. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#share.total;
  }

  /**
   * False: this sender has its share under way and got 429, or its connection is gone. Released when the response has
   * ended.
   */
  enter(owner: string, bytes: number, request: Request, response: Response): boolean {
    const ended = endOf(request, response);
    if (ended.aborted) return false;
    if (this.#share.fits(owner, bytes, this.#limit - this.#share.total)) {
      this.#share.add(owner, bytes);
      onceAborted(ended, () => this.#share.add(owner, -bytes));
      return true;
    }
    // Drain the body: a client that is still sending would not see the response.
    request.resume();
    response.set("Retry-After", "1");
    respond(response, 429, "busy", `${owner} has ${this.#share.of(owner)} bytes under way: try again later`);
    return false;
  }
}

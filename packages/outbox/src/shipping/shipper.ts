/** Brings one region's queue to its notary, in order, one request at a time, for as long as it takes. */

import { isForeseen } from "@companyos/service";
import { waitAfter } from "@companyos/service/backoff";
import { type Failures, warnOfFailure } from "../failures.ts";
import type { RegionQueue } from "../region-queue.ts";
import type { Unrecorded } from "../unrecorded/unrecorded.ts";
import type { Shipment, ShipmentResponse } from "../wire/shipment.ts";
import { recordDigest, shipmentLimits } from "../wire/shipment.ts";
import type { NotaryClient } from "./notary-client.ts";
import { NotaryRequestError } from "./notary-client.ts";
import type { RegionKey } from "./region-key.ts";

const firstBackoffMs = 200;
/** Until a region's key is known nothing can be recorded for it: a notary that is just starting is tried often. */
const keylessBackoffMs = 500;
const keyRefreshMs = 3_600_000;
const keyRetryMs = 60_000;
const leftoverRetryMs = 5000;
/** A notary that nobody has anything for is asked all the same, to know whether it is there. */
const idleMs = 60_000;

export interface ShipperOptions extends Failures {
  readonly region: string;
  readonly journal: string;
  readonly cluster: string;
  readonly queue: RegionQueue;
  /** Accounts of responses without a receipt. */
  readonly unrecorded: Pick<Unrecorded, "settle">;
  readonly key: RegionKey;
  /** Whether the key is the notary's to tell. */
  readonly asksForKey: boolean;
  readonly notary: NotaryClient;
  readonly backoffMs: number;
  /** Milliseconds by a clock that is never set. */
  readonly elapsed: () => number;
}

export class Shipper {
  readonly #options: ShipperOptions;
  readonly #stopping = Promise.withResolvers<void>();
  #stopped = false;
  #running: Promise<void> = Promise.resolve();
  /** Where the next shipment starts; undefined until the notary has said where it is. */
  #cursor: number | undefined;
  #asked = Number.NEGATIVE_INFINITY;
  #keyRequested = Number.NEGATIVE_INFINITY;
  #max: { records: number; bytes: number } = {
    records: shipmentLimits.records,
    bytes: shipmentLimits.sealedBytes,
  };
  #failed = 0;
  state: "ok" | "retrying" | "conflict" = "ok";
  /** Whether the notary responded to the last request, whatever it said. */
  reached = false;
  failures = 0;
  lastError: string | undefined;

  constructor(options: ShipperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopping.resolve();
    await this.#options.notary.stop();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { queue, log, region, unrecorded } = this.#options;
    while (!this.#stopped) {
      try {
        await this.#refreshKey();
        const changed = queue.changed();
        const closed = await this.#closeLeftovers();
        const settleAgainMs = await unrecorded.settle();
        const more = await this.#shipOnce();
        if (this.state !== "ok") log.info("the notary responds again", { region });
        this.state = "ok";
        this.#failed = 0;
        const maxPauseMs = Math.min(settleAgainMs ?? keyRefreshMs, closed ? keyRefreshMs : leftoverRetryMs);
        if (!more && (await this.#pause(changed, Math.min(maxPauseMs, this.#idleLeftMs()))) === "elapsed")
          this.#askWhenIdle();
      } catch (error) {
        if (this.#stopped) return;
        await this.#pause(undefined, this.#failure(error));
      }
    }
  }

  #idleLeftMs(): number {
    return Math.max(0, this.#asked + idleMs - this.#options.elapsed());
  }

  #askWhenIdle(): void {
    if (this.#idleLeftMs() === 0) this.#cursor = undefined;
  }

  async #ship(shipment: Shipment): Promise<ShipmentResponse> {
    const { notary, journal, elapsed } = this.#options;
    try {
      const response = await notary.ship(journal, shipment);
      this.reached = true;
      return response;
    } catch (error) {
      this.reached = isRequestError(error) && error.status !== 0;
      throw error;
    } finally {
      this.#asked = elapsed();
    }
  }

  /** False when there is nothing left to ship. */
  async #shipOnce(): Promise<boolean> {
    const { queue, cluster } = this.#options;
    if (this.#cursor === undefined) {
      // The mark on disk is only a hint, so the first question is where the notary is.
      const hello: Shipment = { from: 0, cluster, segments: [], records: [] };
      await this.#settle(await this.#ship(hello), hello);
      return true;
    }
    const shipment = await queue.shipments.shipment(this.#cursor, this.#max);
    if (shipment === undefined) return false;
    try {
      await this.#settle(await this.#ship(shipment), shipment);
    } catch (error) {
      if (!isRequestError(error)) throw error;
      if (error.status === 409 && error.code !== "conflict" && error.expected !== undefined) {
        // What we took for acknowledged is not there: once more from where the notary is.
        await this.#settle({ acknowledged: error.expected - 1 }, shipment);
        if (this.#cursor === shipment.from) throw error;
        return true;
      }
      if (error.status === 413 && shipment.records.length > 1) {
        this.#max = { records: Math.ceil(shipment.records.length / 2), bytes: this.#max.bytes };
        return true;
      }
      throw error;
    }
    this.#max = { records: shipmentLimits.records, bytes: shipmentLimits.sealedBytes };
    return true;
  }

  /** Takes the notary's word for where it is, unless that cannot be. */
  async #settle({ acknowledged, digest }: ShipmentResponse, shipment: Shipment): Promise<void> {
    const { queue, journal } = this.#options;
    if (acknowledged > queue.backlog.durable) {
      throw conflict(
        `has ${acknowledged} records of journal ${journal}, this folder only ${queue.backlog.durable}`,
      );
    }
    const shipped = shipment.records.find((record) => record.offset === acknowledged);
    const own = shipped === undefined ? await queue.shipments.digestOf(acknowledged) : recordDigest(shipped);
    if (digest !== undefined && own !== undefined && digest !== own) {
      throw conflict(`holds another record ${acknowledged} of journal ${journal} than this folder`);
    }
    if (acknowledged !== queue.backlog.acknowledged || digest !== undefined) {
      await queue.acknowledge(acknowledged, digest ?? own);
    }
    if (this.#cursor === acknowledged + 1 && shipment.records.length > 0) {
      throw new NotaryRequestError("the notary took nothing of a shipment", { status: 200 });
    }
    this.#cursor = acknowledged + 1;
  }

  async #refreshKey(): Promise<void> {
    const { key, notary, elapsed, asksForKey, region, log } = this.#options;
    if (!asksForKey || elapsed() - this.#keyRequested < keyRefreshMs) return;
    try {
      await key.refresh(notary);
      this.#keyRequested = elapsed();
    } catch (error) {
      if (!key.known || this.#stopped) throw error;
      // The remembered key serves; what the notary says about records is asked regardless.
      const message = "the sealing key could not be renewed";
      if (isRequestError(error)) log.warn(message, { region, error: error.message });
      else warnOfFailure(this.#options, message, error, { region });
      this.#keyRequested = elapsed() - keyRefreshMs + keyRetryMs;
    }
  }

  /** False when some stay open for now (disk full): shipping goes on, for it makes room. */
  async #closeLeftovers(): Promise<boolean> {
    const { queue, region } = this.#options;
    try {
      await queue.closeLeftovers();
      return true;
    } catch (error) {
      const message = "windows stay open for now: their closing cannot be written";
      warnOfFailure(this.#options, message, error, { region });
      return false;
    }
  }

  /** Notes a failure; returns how long to wait: exponential with full jitter, or what the notary asked for. */
  #failure(error: unknown): number {
    const { region, log, faults, key } = this.#options;
    const backoffMs = key.known
      ? this.#options.backoffMs
      : Math.min(this.#options.backoffMs, keylessBackoffMs);
    const requestError = isRequestError(error) ? error : undefined;
    const state = requestError?.code === "conflict" ? "conflict" : "retrying";
    this.failures++;
    this.lastError = String((error as Error).message).slice(0, 500);
    if (isMistake(error)) {
      faults("background", error, { region }, "records wait: they cannot be shipped");
    } else if (this.state !== state) {
      const fields = { region, error: this.lastError };
      if (state === "retrying") log.warn("records wait: the notary does not take them", fields);
      else {
        log.error(
          "the notary holds other records under this journal's offsets: the folder was rolled back or copied. " +
            "Nothing more is shipped; keep the folder for inspection and start with an empty one",
          fields,
        );
      }
    }
    this.state = state;
    const ceiling =
      state === "conflict" ? backoffMs : waitAfter(++this.#failed, { first: firstBackoffMs, max: backoffMs });
    const requested = Math.min((requestError?.retryAfter ?? 0) * 1000, backoffMs);
    return Math.max(requested, ceiling * Math.random(), 10);
  }

  async #pause(wake: Promise<void> | undefined, ms: number): Promise<"elapsed" | "woken"> {
    let timer: NodeJS.Timeout | undefined;
    const elapsed = new Promise<"elapsed">((resolve) => {
      timer = setTimeout(() => resolve("elapsed"), ms);
    });
    const woken = [this.#stopping.promise, ...(wake === undefined ? [] : [wake])].map(async (other) => {
      await other;
      return "woken" as const;
    });
    const first = await Promise.race([elapsed, ...woken]);
    clearTimeout(timer);
    return first;
  }
}

function isRequestError(error: unknown): error is NotaryRequestError {
  return (error as { name?: unknown }).name === "NotaryRequestError";
}

/** A request that had no response is what kept it from having one. */
function isMistake(error: unknown): boolean {
  const cause = isRequestError(error) ? error.cause : error;
  // Time is up, or it is being stopped: these have no code of their own.
  const ended = ["TimeoutError", "AbortError"].includes(String((cause as Error | undefined)?.name));
  return cause !== undefined && !ended && !isForeseen(cause);
}

function conflict(what: string): NotaryRequestError {
  return new NotaryRequestError(`the notary ${what}`, { status: 200, code: "conflict" });
}

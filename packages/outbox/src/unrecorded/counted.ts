/** The file in which responses are counted, and the smaller one of earlier releases: one of fixed size cannot grow. */

import { join } from "node:path";
import { sooner } from "@companyos/service/sooner";
import { systemCode } from "../disk/disk.ts";
import type { UnrecordedResponse } from "../outbox.ts";
import { Unrecorded, type UnrecordedOptions } from "./unrecorded.ts";

export interface CountedOptions extends Omit<UnrecordedOptions, "path" | "slots"> {
  readonly dir: string;
  readonly name: string;
  /** What earlier releases counted in. */
  readonly former: { readonly name: string; readonly slots: number };
  /** Of the file that is counted in now. */
  readonly slots: number | undefined;
}

/** More tenants than a cluster has that can be refused while one notary is away, or not there yet. 256 bytes each, on disk. */
const defaultSlots = 10_000;

/** As `Unrecorded`: takes responses in one, settles both. */
export class Counted {
  readonly #taking: Unrecorded;
  readonly #all: readonly Unrecorded[];

  /** Never rejects for the disk, as `Unrecorded.open`. */
  static async open({
    dir,
    name,
    former,
    slots = defaultSlots,
    ...options
  }: CountedOptions): Promise<Counted> {
    const { disk } = options;
    const taking = await Unrecorded.open({ ...options, path: join(dir, name), slots });
    const path = join(dir, former.name);
    const there = await disk.readAll(path).then(
      () => true,
      (error: unknown) => systemCode(error) !== "ENOENT",
    );
    if (!there) return new Counted(taking, []);
    const before = await Unrecorded.open({ ...options, path, slots: former.slots });
    // On a full disk there may be no room for the larger one.
    if (!taking.durable || !before.owesNothing) return new Counted(taking, [before]);
    await before.close();
    await disk.unlink(path).catch(() => {});
    return new Counted(taking, []);
  }

  private constructor(taking: Unrecorded, before: readonly Unrecorded[]) {
    this.#taking = taking;
    this.#all = [...before, taking];
  }

  /** Responses for which there is no receipt yet. */
  get responses(): number {
    return this.#all.reduce((sum, { responses }) => sum + responses, 0);
  }

  owes(rid: string): boolean | undefined {
    const each = this.#all.map((unrecorded) => unrecorded.owes(rid));
    return each.includes(true) || (each.includes(undefined) ? undefined : false);
  }

  count(response: Omit<UnrecordedResponse, "region">): Promise<void> {
    const durable = this.#taking.durable ? undefined : this.#all.find((unrecorded) => unrecorded.durable);
    return (durable ?? this.#taking).count(response);
  }

  async settle(force = false): Promise<number | undefined> {
    let next: number | undefined;
    for (const unrecorded of this.#all) next = sooner(next, await unrecorded.settle(force));
    return next;
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((unrecorded) => unrecorded.close()));
  }
}

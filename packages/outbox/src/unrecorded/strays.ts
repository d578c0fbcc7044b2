/** Answers under home regions that have no notary here: counted in one account of them all, settled by elsewhere.ts. */

import { join } from "node:path";
import { systemCode } from "../disk/disk.ts";
import type { UnrecordedAnswer } from "../outbox.ts";
import { sooner } from "../sooner.ts";
import { Unrecorded, type UnrecordedOptions } from "./unrecorded.ts";

export interface StraysOptions extends Omit<UnrecordedOptions, "path" | "slots" | "region"> {
  /** The journal's folder. */
  readonly dir: string;
}

/** As many tenants as a cluster has that are moved to a region before its notary is there. 256 bytes each, on disk. */
const slots = 10_000;
/** A file of fixed size cannot grow: what earlier releases counted is settled from theirs. */
const former = { name: "_unrecorded", slots: 128 };

export class Strays {
  readonly #taking: Unrecorded;
  readonly #all: readonly Unrecorded[];

  /** Never rejects for the disk, as `Unrecorded.open`. */
  static async open({ dir, ...options }: StraysOptions): Promise<Strays> {
    const open = (path: string, slots: number) =>
      Unrecorded.open({ ...options, path, slots, region: undefined });
    const taking = await open(join(dir, "_without-notary"), slots);
    const path = join(dir, former.name);
    const there = await options.disk.readAll(path).then(
      () => true,
      (error: unknown) => systemCode(error) !== "ENOENT",
    );
    if (!there) return new Strays(taking, []);
    const old = await open(path, former.slots);
    if (old.owesNothing) {
      await old.close();
      await options.disk.unlink(path).catch(() => {});
      return new Strays(taking, []);
    }
    return new Strays(taking, [old]);
  }

  private constructor(taking: Unrecorded, before: readonly Unrecorded[]) {
    this.#taking = taking;
    this.#all = [...before, taking];
  }

  get answers(): number {
    return this.#all.reduce((sum, { answers }) => sum + answers, 0);
  }

  get ledgers(): readonly Unrecorded[] {
    return this.#all;
  }

  count(answer: Omit<UnrecordedAnswer, "region">): Promise<void> {
    return this.#taking.count(answer);
  }

  async settle(): Promise<number | undefined> {
    let next: number | undefined;
    for (const ledger of this.#all) next = sooner(next, await ledger.settle());
    return next;
  }
}

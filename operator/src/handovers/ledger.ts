import { uuidv7 } from "@companyos/outbox";
import type { ReceiptEvent } from "@companyos/receipts";
import type { Clock, Logger } from "@companyos/service";
import { eachOwed, type GiveUp, surplus } from "../owed.ts";
import { forgetFirst, type Remembered } from "../remembered.ts";
import { handedOver } from "./event.ts";
import { crossedOff, judgeHome, type Place, type RememberedHome } from "./judge.ts";

/** What every name stood for last, and the halves of handovers that are still owed to a log. */
export class HandoverLedger {
  readonly #homes: Remembered<RememberedHome>;
  readonly #append: (event: ReceiptEvent) => Promise<void>;
  /** Regions that have a notary. */
  readonly #logs: ReadonlySet<string>;
  readonly #cluster: string;
  readonly #clock: Pick<Clock, "now">;
  readonly #giveUp: GiveUp;
  readonly #exists: (name: string) => boolean;
  readonly #most: number;

  constructor(options: {
    homes: Remembered<RememberedHome>;
    append: (event: ReceiptEvent) => Promise<void>;
    logs: ReadonlySet<string>;
    cluster: string;
    clock: Pick<Clock, "now">;
    giveUp: GiveUp;
    /** Whether there is a Tenant of this name now. */
    exists: (name: string) => boolean;
    /** Names remembered: above, those without a Tenant go, the first first. Default 100,000. */
    most?: number;
  }) {
    this.#homes = options.homes;
    this.#append = options.append;
    this.#logs = options.logs;
    this.#cluster = options.cluster;
    this.#clock = options.clock;
    this.#giveUp = options.giveUp;
    this.#exists = options.exists;
    this.#most = options.most ?? 100_000;
  }

  /** Names to which something is owed. */
  *owing(): Generator<string> {
    for (const [name, { owed }] of this.#homes.entries()) if (owed) yield name;
  }

  /** `name` stands for `seen` now. What follows from it is durable when resolved, and not yet sent. */
  async look(name: string, seen: Place, log: Logger): Promise<void> {
    const known = this.#homes.get(name);
    const at = this.#clock.now();
    const next = judgeHome(known, seen, at, () => uuidv7(at));
    if (!next) return;
    await this.#homes.set(name, next);
    if (!known) await this.#forget(log);
    if (!known || known.region === next.region) return;
    log.info("a tenant's receipts go to another log", { tenant: name, from: known.region, to: next.region });
    for (const region of [known.region, next.region])
      if (!this.#logs.has(region))
        log.warn("a handover waits: its region has no notary", { tenant: name, region });
    this.#giveUp(surplus(known.owed, 2), { type: "tenant.handover", log, of: name });
  }

  /**
   * Sends what is owed to `name`, oldest first, and crosses off what its journal took. A half whose region has no
   * notary stays; what one journal refuses does not keep the others from theirs. Rejects with the first refusal.
   */
  async send(name: string): Promise<void> {
    const owed = (this.#homes.get(name)?.owed ?? []).filter(({ log }) => this.#logs.has(log));
    await eachOwed(owed, async (one) => {
      await this.#append(handedOver({ name, cluster: this.#cluster, owed: one }));
      const known = this.#homes.get(name);
      if (known) await this.#homes.set(name, crossedOff(known, one.rid));
    });
  }

  /** A name that comes back later is met the first time then. */
  async #forget(log: Logger): Promise<void> {
    const forgotten = await forgetFirst(this.#homes, this.#most, (_, name) => !this.#exists(name));
    for (const [of, { owed }] of forgotten)
      this.#giveUp(owed?.length ?? 0, { type: "tenant.handover", log, of });
  }
}

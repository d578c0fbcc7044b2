import type { Clock, Logger } from "@companyos/kube";
import { uuidv7 } from "@companyos/notary/outbox";
import { eachOwed } from "../owed.ts";
import type { ReceiptEvent } from "../receipt-event.ts";
import type { Remembered } from "../remembered.ts";
import { handedOver } from "./event.ts";
import { crossedOff, judgeHome, mostOwed, type Place, type RememberedHome } from "./judge.ts";

/** What every name stood for last, and the halves of handovers that are still owed to a log. */
export class HandoverLedger {
  readonly #homes: Remembered<RememberedHome>;
  readonly #append: (event: ReceiptEvent) => Promise<void>;
  /** Regions that have a notary. */
  readonly #logs: ReadonlySet<string>;
  readonly #cluster: string;
  readonly #clock: Pick<Clock, "now">;

  constructor(options: {
    homes: Remembered<RememberedHome>;
    append: (event: ReceiptEvent) => Promise<void>;
    logs: ReadonlySet<string>;
    cluster: string;
    clock: Pick<Clock, "now">;
  }) {
    this.#homes = options.homes;
    this.#append = options.append;
    this.#logs = options.logs;
    this.#cluster = options.cluster;
    this.#clock = options.clock;
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
    if (!known || known.region === next.region) return;
    log.info("a tenant's receipts go to another log", { tenant: name, from: known.region, to: next.region });
    for (const region of [known.region, next.region])
      if (!this.#logs.has(region))
        log.warn("a handover waits: its region has no notary", { tenant: name, region });
    if ((known.owed?.length ?? 0) + 2 > mostOwed)
      log.error("a tenant's oldest handovers are given up: too many wait", { tenant: name, most: mostOwed });
  }

  /**
   * Sends what is owed to `name`, oldest first, and crosses off what its journal took. A half whose region has no
   * notary stays; what one journal refuses does not keep the others from theirs. Rejects with the first refusal.
   */
  async send(name: string): Promise<void> {
    const owed = (this.#homes.get(name)?.owed ?? []).filter(({ log }) => this.#logs.has(log));
    await eachOwed(owed, async (one) => {
      await this.#append(handedOver({ name, cluster: this.#cluster, owed: one }));
      await this.#homes.set(name, crossedOff(this.#homes.get(name)!, one.rid));
    });
  }
}

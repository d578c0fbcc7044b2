import { join } from "node:path";
import { type Clock, type Faults, isForeseen, type Logger, reportFaults } from "@companyos/service";
import { Gauge, type Registry } from "prom-client";
import { openRemembered } from "../remembered.ts";
import type { StateDisk } from "../state-disk.ts";
import { type GiveUp, givingUp } from "./given-up.ts";
import { type Debts, Ledger, type Lost, type OwedJournal } from "./ledger.ts";
import type { Owed, Owing } from "./owed.ts";

export interface LedgersOptions {
  /** Folder of what controllers remember. */
  readonly dir: string;
  readonly journal: OwedJournal;
  /** Regions that have a notary. */
  readonly logs: ReadonlySet<string>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly registry: Registry;
  readonly disk?: StateDisk;
}

type AnyLedger = Pick<Ledger<never, Owed>, "owed" | "expire" | "close">;

const expireMs = 3600_000;

/** What the controllers of one lead remember and owe: a ledger for each that does. */
export class Ledgers {
  readonly #options: LedgersOptions;
  readonly #giveUp: GiveUp;
  readonly #faults: Faults;
  readonly #ledgers: AnyLedger[] = [];
  #closed = false;
  #stopExpiring = () => {};

  constructor(options: LedgersOptions) {
    this.#options = options;
    const { registry, log } = options;
    this.#faults = reportFaults({ registry, log });
    this.#giveUp = givingUp(registry);
    this.#gauge(
      "residency_receipts_owed",
      "Receipts that wait for a log's journal",
      ([, { count }]) => count,
    );
    this.#gauge(
      "residency_receipts_owed_oldest_seconds",
      "How long the oldest receipt waits for a log's journal",
      ([, { oldest }]) => Math.max(0, options.clock.now() - oldest) / 1000,
    );
  }

  /**
   * Opens `NAME.jsonl`, which only this controller writes. `read` makes an entry of today of what some release wrote.
   * Closed with the others.
   */
  async open<T extends Owing<O>, O extends Owed>(
    name: string,
    { read, ...debts }: Debts<T, O> & { readonly read?: (value: unknown) => T },
  ): Promise<Ledger<T, O>> {
    const { dir, journal, logs, clock, disk } = this.#options;
    const remembered = await openRemembered<T>(join(dir, `${name}.jsonl`), {
      ...(disk ? { disk } : {}),
      ...(read ? { read } : {}),
    });
    const log = this.#options.log.child({ controller: name });
    const lost: Lost = (of, type, count) => this.#giveUp(count, { type, log, of });
    const ledger = new Ledger<T, O>({ remembered, debts, journal, logs, now: () => clock.now(), lost });
    // Asked for its receipts and closed: its entries are never handed to it from here.
    this.#ledgers.push(ledger as unknown as AnyLedger);
    return ledger;
  }

  /** To be called when every controller has opened its ledger: the journal forgets receipts that none of them owes. */
  async opened(): Promise<void> {
    const rids = this.#ledgers.flatMap((ledger) => Array.from(ledger.owed(), ({ rid }) => rid));
    this.#options.journal.owedOnly(new Set(rids));
    await this.#expire();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopExpiring();
    await Promise.all(this.#ledgers.map((ledger) => ledger.close()));
  }

  async #expire(): Promise<void> {
    for (const ledger of this.#ledgers) {
      if (this.#closed) return;
      await ledger.expire().catch((error: unknown) => {
        const { log } = this.#options;
        const message = "receipts that waited too long cannot be given up yet";
        if (isForeseen(error)) log.warn(message, { error });
        else this.#faults("background", error, {}, message);
      });
    }
    if (!this.#closed) this.#stopExpiring = this.#options.clock.after(expireMs, () => void this.#expire());
  }

  #gauge(
    name: string,
    help: string,
    value: (log: [string, { count: number; oldest: number }]) => number,
  ): void {
    const byLog = () => this.#byLog();
    new Gauge({
      name,
      help,
      labelNames: ["region"],
      registers: [this.#options.registry],
      collect() {
        this.reset();
        for (const log of byLog()) this.set({ region: log[0] }, value(log));
      },
    });
  }

  #byLog(): Map<string, { count: number; oldest: number }> {
    const logs = new Map<string, { count: number; oldest: number }>();
    for (const ledger of this.#ledgers)
      for (const { log, at } of ledger.owed()) {
        const { count, oldest } = logs.get(log) ?? { count: 0, oldest: at };
        logs.set(log, { count: count + 1, oldest: Math.min(oldest, at) });
      }
    return logs;
  }
}

import { join } from "node:path";
import {
  type Clock,
  counter,
  type Faults,
  gauge,
  isForeseen,
  type Logger,
  reportFaults,
} from "@companyos/service";
import type { Reserve } from "@companyos/service/reserve";
import type { Counter, Registry } from "prom-client";
import { openRemembered } from "../remembered.ts";
import { nodeReserve, type StateDisk } from "../state-disk.ts";
import { type GiveUp, givingUp } from "./given-up.ts";
import { type Debts, Ledger, type Listener, type OwedJournal } from "./ledger.ts";
import { checked, type Owed, type Owing } from "./owed.ts";
import { Refused } from "./refused.ts";
import { runSender, type Sendable } from "./sender.ts";

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
  /** Room that is kept for crossing off when the disk is full; default 1 MiB, some thousand receipts. */
  readonly reserveBytes?: number;
}

type AnyLedger = Sendable & Pick<Ledger<never, Owed>, "owed" | "expire" | "close">;

interface Opened {
  readonly name: string;
  readonly ledger: AnyLedger;
  readonly whenSynced: Debts<never, Owed>["whenSynced"];
  /** Once every controller has opened its ledger. */
  sender?: ReturnType<typeof runSender>;
}

const expireMs = 3600_000;

/** What the controllers of one lead remember and owe: a ledger for each that does. */
export class Ledgers {
  readonly #options: LedgersOptions;
  readonly #giveUp: GiveUp;
  readonly #damaged: Counter<string>;
  readonly #faults: Faults;
  readonly #opened: Opened[] = [];
  readonly #refused: Refused;
  #reserve: Promise<Reserve> | undefined;
  #closed = false;
  #stopExpiring = () => {};

  constructor(options: LedgersOptions) {
    this.#options = options;
    const { registry, log, clock } = options;
    this.#refused = new Refused(clock);
    this.#faults = reportFaults({ registry, log });
    this.#giveUp = givingUp(registry);
    this.#damaged = counter(registry, "residency_state_lines_damaged_total");
    this.#gauge("residency_receipts_owed", ([, { count }]) => count);
    this.#gauge("residency_receipts_owed_oldest_seconds", ([, { count, oldest }]) =>
      count === 0 ? 0 : Math.max(0, options.clock.now() - oldest) / 1000,
    );
  }

  /**
   * Opens `NAME.jsonl`, which only this controller writes. `read` makes an entry of today of what some release wrote.
   * Closed with the others.
   */
  async open<T extends Owing<O>, O extends Owed>(
    name: string,
    { read = (value) => value as T, ...debts }: Debts<T, O> & { readonly read?: (value: unknown) => T },
  ): Promise<Ledger<T, O>> {
    const { dir, journal, logs, clock, disk } = this.#options;
    const log = this.#options.log.child({ controller: name });
    this.#reserve ??= nodeReserve(dir, this.#options.reserveBytes ?? 1 << 20);
    const remembered = await openRemembered<T>(join(dir, `${name}.jsonl`), {
      reserve: await this.#reserve,
      ...(disk ? { disk } : {}),
      read: (value) => checked(read(value)),
      damaged: ({ lines, copy }) => {
        this.#damaged.inc({ controller: name }, lines);
        log.error(
          "lines of what is remembered cannot be read: what they said is recorded again, or owed no more",
          { lines, copy },
        );
      },
    });
    const listener: Listener = {
      lost: (of, type, count) => this.#giveUp(count, { type, log, of }),
      owes: (key) => opened.sender?.owes(key),
      refused: (key, log) => this.#refused.refused(log, `${name}/${key}`, () => opened.sender?.again(key)),
      taken: (log) => this.#refused.taken(log),
      failed: (error) => this.#cannotGiveUp(error),
    };
    const ledger = new Ledger<T, O>({
      remembered,
      debts,
      journal,
      logs,
      now: () => clock.now(),
      listener,
    });
    this.#damaged.inc({ controller: name }, 0);
    const opened: Opened = {
      name,
      // Asked for its receipts, sent and closed: its entries are never handed to it from here.
      ledger: ledger as unknown as AnyLedger,
      whenSynced: debts.whenSynced,
    };
    this.#opened.push(opened);
    return ledger;
  }

  /**
   * To be called when every controller has opened its ledger: the journal forgets receipts that none of them owes, and what
   * they owe is sent.
   */
  async opened(): Promise<void> {
    const { journal, log, registry, clock } = this.#options;
    const rids = this.#opened.flatMap(({ ledger }) => Array.from(ledger.owed(), ({ rid }) => rid));
    journal.owedOnly(new Set(rids));
    await this.#expire();
    if (this.#closed) return;
    for (const opened of this.#opened) opened.sender = runSender({ ...opened, log, registry, clock });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopExpiring();
    this.#refused.stop();
    await Promise.all(this.#opened.map(({ sender }) => sender?.stop()));
    await Promise.all(this.#opened.map(({ ledger }) => ledger.close()));
  }

  async #expire(): Promise<void> {
    for (const { ledger } of this.#opened) {
      if (this.#closed) return;
      await ledger.expire().catch((error: unknown) => this.#cannotGiveUp(error));
    }
    if (!this.#closed) this.#stopExpiring = this.#options.clock.after(expireMs, () => void this.#expire());
  }

  #cannotGiveUp(error: unknown): void {
    const message = "receipts that are too many, or waited too long, cannot be given up yet";
    if (isForeseen(error)) this.#options.log.warn(message, { error });
    else this.#faults("background", error, {}, message);
  }

  #gauge(
    name: "residency_receipts_owed" | "residency_receipts_owed_oldest_seconds",
    value: (log: [string, { count: number; oldest: number }]) => number,
  ): void {
    const byLog = () => this.#byLog();
    gauge(this.#options.registry, name, function () {
      this.reset();
      for (const log of byLog()) this.set({ region: log[0] }, value(log));
    });
  }

  #byLog(): Map<string, { count: number; oldest: number }> {
    const none = { count: 0, oldest: 0 };
    const logs = new Map(Array.from(this.#options.logs, (log) => [log, none]));
    for (const { ledger } of this.#opened)
      for (const { log, at } of ledger.owed()) {
        const { count, oldest } = logs.get(log) ?? none;
        logs.set(log, { count: count + 1, oldest: count === 0 ? at : Math.min(oldest, at) });
      }
    return logs;
  }
}

/**
 * Puts an object back so that what somebody else did to it leaves one receipt in every log, wherever the process dies:
 *
 * 1. What is intended is written down, with the ids of its receipts.
 * 2. The object is put back, and bears these ids.
 * 3. It is written down that it was.
 * 4. The receipts are journaled, and each is crossed off.
 *
 * What came of an intention that a crash left open, or an answer that never arrived, is told by the ids on the object.
 * Where these are lost (it was deleted or replaced once more meanwhile) the intention is taken for one that came to
 * nothing, and its ids serve the next restoration: rather one receipt for two restorations than one for none. A crash
 * between journaling and crossing off repeats a receipt under its own id.
 */
import type { Remembered } from "../remembered.ts";
import type { Found, Repair } from "./installed.ts";

/** A receipt that a log is owed. */
export interface Owed {
  readonly log: string;
  readonly rid: string;
  /** Milliseconds since the epoch; what an earlier version left has none. */
  readonly at?: number;
  readonly why: Found;
}

/** What is remembered of an object over restarts. */
export interface Remembering {
  /** Digest of what was wanted when the object was last right. */
  readonly digest: string;
  /** A restoration that was begun, and what was wanted then. */
  readonly intended?: { readonly digest: string; readonly receipts: readonly Owed[] };
  /** Receipts that wait for the journal. */
  readonly unrecorded?: readonly Owed[];
}

export interface Subject {
  readonly key: string;
  /** Digest of what is wanted. */
  readonly digest: string;
  repair(): Repair | "late" | undefined;
  /** The ids on the object as it is now. */
  restoredUnder(): Promise<string | undefined>;
}

/** `tampered`: somebody else's doing. The object had been what is wanted now, or it is gone. */
export interface Repaired {
  readonly found: Found;
  readonly tampered: boolean;
}

export function createRestorations(options: {
  readonly remembered: Remembered<Remembering>;
  /** Regions whose logs are told. */
  readonly logs: readonly string[];
  readonly now: () => number;
  readonly newId: () => string;
}) {
  const { remembered, logs, now, newId } = options;

  async function settle({ key, restoredUnder }: Subject): Promise<void> {
    const before = remembered.get(key);
    if (!before?.intended) return;
    if ((await restoredUnder()) === idsOf(before.intended.receipts))
      await remembered.set(key, cameAbout(before));
  }

  async function begin({ key, digest }: Subject, before: Remembering, why: Found): Promise<Remembering> {
    const ids = before.intended?.receipts ?? logs.map((log) => ({ log, rid: newId() }));
    const receipts = ids.map(({ log, rid }) => ({ log, rid, at: now(), why }));
    const begun = { ...before, intended: { digest, receipts } };
    await remembered.set(key, begun);
    return begun;
  }

  return {
    /**
     * Makes the object what it should be. Resolves with what was wrong with it; `late` when that cannot be told
     * before the watch has caught up. Receipts are owed then: see `record`.
     */
    async putRight(subject: Subject): Promise<Repaired | "late" | undefined> {
      const { key, digest } = subject;
      await settle(subject);
      const repair = subject.repair();
      if (repair === "late") return "late";
      const before = remembered.get(key);
      const tampered =
        repair !== undefined &&
        before !== undefined &&
        (repair.found === "missing" || before.digest === digest);
      if (tampered && logs.length > 0) {
        const begun = await begin(subject, before, repair.found);
        if (!(await repair.write(idsOf(begun.intended?.receipts)))) return "late";
        await remembered.set(key, cameAbout(begun));
      } else {
        if (repair && !(await repair.write(undefined))) return "late";
        // An intention that is still open came to nothing: somebody else put the object right.
        if (before?.digest !== digest || before.intended)
          await remembered.set(key, { digest, ...owing(before?.unrecorded) });
      }
      return repair && { found: repair.found, tampered };
    },

    /** Gives `append` the receipts that are owed for an object, each until it is durable. */
    async record(key: string, append: (owed: Owed) => Promise<void>): Promise<void> {
      for (let next = remembered.get(key); next?.unrecorded?.[0]; next = remembered.get(key)) {
        const { unrecorded, ...rest } = next;
        // A region that was taken out since: there is no journal for it any more.
        if (logs.includes(unrecorded[0]!.log)) await append(unrecorded[0]!);
        await remembered.set(key, { ...rest, ...owing(unrecorded.slice(1)) });
      }
    },
  };
}

function cameAbout({ intended, digest, unrecorded = [] }: Remembering): Remembering {
  return { digest: intended?.digest ?? digest, ...owing([...unrecorded, ...(intended?.receipts ?? [])]) };
}

function owing(receipts: readonly Owed[] = []): { unrecorded?: readonly Owed[] } {
  return receipts.length > 0 ? { unrecorded: receipts } : {};
}

/** As the object bears them. */
function idsOf(receipts: readonly Owed[] = []): string {
  return receipts.map(({ rid }) => rid).join();
}

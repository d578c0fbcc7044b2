/**
 * Restores an object so that what somebody else did to it leaves one receipt in every log, wherever the process dies:
 *
 * 1. What is intended is written down, with the ids of its receipts.
 * 2. The object is restored, and bears these ids.
 * 3. It is written down that it was.
 * 4. The receipts are sent, as the ledger does.
 *
 * What came of an intention that a crash left open, or a response that never arrived, is told by the ids on the object.
 * Where these are lost (it was deleted or replaced once more meanwhile) the intention is taken for one that came to
 * nothing, and its ids serve the next restoration: rather one receipt for two restorations than one for none.
 */
import type { Ledger } from "../owed/ledger.ts";
import type { Found, Repair } from "./installed.ts";
import { asDesired, cameAbout, idsOf, type OwedRestoration, type RememberedObject } from "./remember.ts";

export interface Subject {
  readonly key: string;
  /** Digest of what is desired. */
  readonly digest: string;
  repair(): Repair | "late" | undefined;
  /** The ids on the object as it is now. */
  restoredUnder(): Promise<string | undefined>;
}

/** `tampered`: somebody else's doing. The object had been what is desired now, or it is gone. */
export interface Repaired {
  readonly found: Found;
  readonly tampered: boolean;
}

export function createRestorations(options: {
  readonly remembered: Pick<Ledger<RememberedObject, OwedRestoration>, "get" | "change">;
  /** Regions whose logs are told. */
  readonly logs: readonly string[];
  readonly now: () => number;
  readonly newId: () => string;
}) {
  const { remembered, logs, now, newId } = options;

  async function settle({ key, restoredUnder }: Subject): Promise<void> {
    const { intended } = remembered.get(key) ?? {};
    if (!intended) return;
    const ids = idsOf(intended.receipts);
    if ((await restoredUnder()) === ids) await remembered.change(key, (known) => cameAbout(known, ids));
  }

  /** Resolves with the ids of the restoration, as the object is to bear them. */
  async function begin({ key, digest }: Subject, why: Found): Promise<string> {
    await remembered.change(key, (known) => {
      if (!known) return undefined;
      const ids = known.intended?.receipts ?? logs.map((log) => ({ log, rid: newId() }));
      const receipts = ids.map(({ log, rid }) => ({ log, rid, at: now(), why }));
      return { state: { ...known, intended: { digest, receipts } } };
    });
    return idsOf(remembered.get(key)?.intended?.receipts);
  }

  return {
    /**
     * Makes the object what it should be. Resolves with what was wrong with it; `late` when that cannot be told
     * before the watch has caught up. Receipts are owed then.
     */
    async restore(subject: Subject): Promise<Repaired | "late" | undefined> {
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
        const ids = await begin(subject, repair.found);
        if (!(await repair.write(ids))) return "late";
        await remembered.change(key, (known) => cameAbout(known, ids));
      } else {
        if (repair && !(await repair.write(undefined))) return "late";
        if (asDesired(before, digest)) await remembered.change(key, (known) => asDesired(known, digest));
      }
      return repair && { found: repair.found, tampered };
    },
  };
}

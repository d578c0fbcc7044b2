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
import { type Owed, type Owing, owing } from "../owed/owed.ts";
import type { Found, Repair } from "./installed.ts";

/** A restoration that a log waits to be told of. */
export interface OwedRestoration extends Owed {
  readonly why: Found;
}

/** What is remembered of an object over restarts. */
export interface RememberedObject extends Owing<OwedRestoration> {
  /** Digest of what was desired when the object was last as desired. */
  readonly digest: string;
  /** A restoration that was begun, and what was desired then. */
  readonly intended?: { readonly digest: string; readonly receipts: readonly OwedRestoration[] };
}

/**
 * What some release wrote. Up to 1c0f72f what is owed had another name, and before 92b41f4's successor no time. Pure.
 */
export function readObject(value: unknown, now: number): RememberedObject {
  type Then = Omit<OwedRestoration, "at"> & { at?: number };
  const { unrecorded, intended, ...entry } = value as Omit<RememberedObject, "intended"> & {
    unrecorded?: readonly Then[];
    intended?: { digest: string; receipts: readonly Then[] };
  };
  const timed = (receipts: readonly Then[]) => receipts.map((one) => ({ at: now, ...one }));
  return {
    ...entry,
    ...(intended ? { intended: { ...intended, receipts: timed(intended.receipts) } } : {}),
    ...(unrecorded ? { owed: timed(unrecorded) } : {}),
  };
}

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
    const before = remembered.get(key);
    if (!before?.intended) return;
    if ((await restoredUnder()) === idsOf(before.intended.receipts))
      await remembered.change(key, () => cameAbout(before));
  }

  async function begin(
    { key, digest }: Subject,
    before: RememberedObject,
    why: Found,
  ): Promise<RememberedObject> {
    const ids = before.intended?.receipts ?? logs.map((log) => ({ log, rid: newId() }));
    const receipts = ids.map(({ log, rid }) => ({ log, rid, at: now(), why }));
    const begun = { ...before, intended: { digest, receipts } };
    await remembered.change(key, () => begun);
    return begun;
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
        const begun = await begin(subject, before, repair.found);
        if (!(await repair.write(idsOf(begun.intended?.receipts)))) return "late";
        await remembered.change(key, () => cameAbout(begun));
      } else {
        if (repair && !(await repair.write(undefined))) return "late";
        // An intention that is still open came to nothing: somebody else restored the object.
        if (before?.digest !== digest || before.intended)
          await remembered.change(key, () =>
            owing<RememberedObject, OwedRestoration>({ digest }, before?.owed ?? []),
          );
      }
      return repair && { found: repair.found, tampered };
    },
  };
}

function cameAbout({ intended, digest, ...rest }: RememberedObject): RememberedObject {
  return owing({ ...rest, digest: intended?.digest ?? digest }, intended?.receipts ?? []);
}

/** As the object bears them. */
function idsOf(receipts: readonly OwedRestoration[] = []): string {
  return receipts.map(({ rid }) => rid).join();
}

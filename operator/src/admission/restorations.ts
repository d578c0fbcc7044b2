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
 *
 * Whoever undoes it again and again is a contest (contest.ts): the first time leaves its receipts, repeats are counted, and
 * what was changed is restored after pauses that grow. What was deleted is restored at once: nothing is in force meanwhile.
 */
import type { Ledger } from "../owed/ledger.ts";
import { type ContestSettings, calmLeft, closed, pauseLeft } from "./contest.ts";
import type { Found, Repair } from "./installed.ts";
import {
  asDesired,
  cameAbout,
  type Intention,
  markOf,
  type OwedRestoration,
  type RememberedObject,
} from "./remember.ts";

export interface Subject {
  readonly key: string;
  /** Digest of what is desired. */
  readonly digest: string;
  repair(): Repair | "late" | undefined;
  /** The ids on the object as it is now. */
  restoredUnder(): Promise<string | undefined>;
}

/**
 * `late`: whether it is right cannot be told before the watch has caught up. `waits`: it is wrong, and stays so for a pause.
 * `tampered`: somebody else's doing. The object had been what is desired now, or it is gone.
 */
export type Outcome = (
  | { readonly state: "right" | "late" | "waits" }
  | { readonly state: "written"; readonly found: Found; readonly tampered: boolean }
) & {
  /** Milliseconds after which there is something to do, whatever the watch shows. */
  readonly againMs?: number | undefined;
};

export function createRestorations(options: {
  readonly remembered: Pick<Ledger<RememberedObject, OwedRestoration>, "get" | "change">;
  /** Regions whose logs are told. */
  readonly logs: readonly string[];
  readonly contests: ContestSettings;
  readonly now: () => number;
  readonly newId: () => string;
}) {
  const { remembered, logs, contests, now, newId } = options;

  async function settle({ key, restoredUnder }: Subject): Promise<void> {
    const { intended } = remembered.get(key) ?? {};
    const mark = intended && markOf(intended);
    if (mark !== undefined && (await restoredUnder()) === mark)
      await remembered.change(key, (known) => cameAbout(known, mark, now()));
  }

  /** Ends a contest that is over, and tells the logs of repeats that they wait for too long. */
  async function count(key: string): Promise<void> {
    const { contest } = remembered.get(key) ?? {};
    if (!contest) return;
    const isOver = calmLeft(contest, now(), contests) === 0;
    if (!isOver && now() - contest.since < contests.countMs) return;
    await remembered.change(key, (known) => {
      if (!known?.contest) return undefined;
      const { contest, ...state } = known;
      const after = closed(contest, now(), newId);
      return { state: isOver ? state : { ...state, contest: after.contest }, owes: after.owes };
    });
  }

  /** Resolves with the mark of the restoration, as the object is to bear it. */
  async function begin({ key, digest }: Subject, why: Found): Promise<string | undefined> {
    await remembered.change(key, (known) => {
      if (!known) return undefined;
      return { state: { ...known, intended: intention(known, digest, why) } };
    });
    const { intended } = remembered.get(key) ?? {};
    return intended && markOf(intended);
  }

  function intention({ intended, contest }: RememberedObject, digest: string, why: Found): Intention {
    const of = (ids: readonly { log: string; rid: string }[]) =>
      ids.map(({ log, rid }) => ({ log, rid, at: now(), why }));
    const first = contest?.told[why];
    if (first) return { digest, why, receipts: of(first.receipts), repeat: contest.times };
    const open = intended && intended.repeat === undefined ? intended.receipts : undefined;
    return { digest, why, receipts: of(open ?? logs.map((log) => ({ log, rid: newId() }))) };
  }

  return {
    /** Makes the object what it should be. Receipts are owed then. */
    async restore(subject: Subject): Promise<Outcome> {
      const { key, digest } = subject;
      await settle(subject);
      const repair = subject.repair();
      if (repair === "late") return { state: "late" };
      await count(key);
      const before = remembered.get(key);
      const tampered =
        repair !== undefined &&
        before !== undefined &&
        (repair.found === "missing" || before.digest === digest);
      if (tampered) {
        const pause = repair.found === "missing" ? 0 : pauseLeft(before.contest, now(), contests);
        if (pause > 0) return { state: "waits", againMs: pause };
        const mark = await begin(subject, repair.found);
        if (!(await repair.write(mark))) return { state: "late" };
        await remembered.change(key, (known) => cameAbout(known, mark, now()));
      } else {
        if (repair && !(await repair.write(undefined))) return { state: "late" };
        if (asDesired(before, digest)) await remembered.change(key, (known) => asDesired(known, digest));
      }
      const { contest } = remembered.get(key) ?? {};
      const againMs = contest && calmLeft(contest, now(), contests);
      if (!repair) return { state: "right", againMs };
      return { state: "written", found: repair.found, tampered, againMs };
    },
  };
}

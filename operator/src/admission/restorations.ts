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
 * A disk that takes nothing keeps no object from being restored: what was restored meanwhile is remembered in memory, and
 * written down as soon as that can be.
 *
 * Whoever undoes it again and again is a contest (contest.ts): the first time leaves its receipts, repeats are counted, and
 * what was changed is restored after pauses that grow. What was deleted is restored at once: nothing is in force meanwhile.
 */
import type { Ledger } from "../owed/ledger.ts";
import { type ContestSettings, calmLeft, closed, pauseLeft } from "./contest.ts";
import type { Found, Repair } from "./installed.ts";
import {
  aboutToWrite,
  asDesired,
  cameAbout,
  type Intention,
  isChanged,
  markOf,
  type OwedRestoration,
  type RememberedObject,
} from "./remember.ts";

export interface Subject {
  readonly key: string;
  /** Digest of what is desired. */
  readonly digest: string;
  /** What that does, see contentOf. */
  content(): string;
  repair(): Repair | "late" | undefined;
  /** The ids on the object as it is now. */
  restoredUnder(): Promise<string | undefined>;
}

/**
 * `late`: whether it is right cannot be told before the watch has caught up. `waits`: it is wrong, and stays so for a pause.
 * `tampered`: somebody else's doing. The object is gone, or it had been what is desired now, or is not what was written last.
 */
export type Outcome = (
  | { readonly state: "right" | "late" | "waits" }
  | { readonly state: "written"; readonly found: Found; readonly tampered: boolean }
) & {
  /** Milliseconds after which there is something to do, whatever the watch shows. */
  readonly againMs?: number | undefined;
  /** Why it could not be written down what came of it: to be tried again. */
  readonly unwritten?: { readonly error: unknown } | undefined;
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
  /** By key: restorations of which nothing could be written down. A crash before it can be costs their receipts. */
  const missed = new Map<string, Restored>();

  async function settle({ key, restoredUnder }: Subject, { change }: Notes): Promise<void> {
    const { intended } = remembered.get(key) ?? {};
    const mark = intended && markOf(intended);
    if (mark !== undefined && (await restoredUnder()) === mark)
      await change(key, (known) => cameAbout(known, mark, now()));
  }

  async function makeUpFor(key: string, { change }: Notes): Promise<void> {
    const one = missed.get(key);
    if (!one) return;
    const isWritten = await change(key, (known) => {
      if (!known) return undefined;
      const intended = intention(known, one);
      return cameAbout({ ...known, intended }, markOf(intended), now());
    });
    if (isWritten) missed.delete(key);
  }

  /** Ends a contest that is over, and tells the logs of repeats that they wait for too long. */
  async function count(key: string, { change }: Notes): Promise<void> {
    const { contest } = remembered.get(key) ?? {};
    if (!contest) return;
    const isOver = calmLeft(contest, now(), contests) === 0;
    if (!isOver && now() - contest.since < contests.countMs) return;
    await change(key, (known) => {
      if (!known?.contest) return undefined;
      const { contest, ...state } = known;
      const after = closed(contest, now(), newId);
      return { state: isOver ? state : { ...state, contest: after.contest }, owes: after.owes };
    });
  }

  /** Resolves with the mark of the restoration, as the object is to bear it; undefined where it could not be written down. */
  async function begin(
    key: string,
    restored: Restored,
    { change }: Notes,
  ): Promise<{ readonly mark: string | undefined } | undefined> {
    const isWritten = await change(key, (known) => {
      if (!known) return undefined;
      return { state: { ...known, intended: intention(known, restored) } };
    });
    const { intended } = remembered.get(key) ?? {};
    return isWritten ? { mark: intended && markOf(intended) } : undefined;
  }

  function intention({ intended, contest }: RememberedObject, restored: Restored): Intention {
    const { why } = restored;
    const of = (ids: readonly { log: string; rid: string }[]) =>
      ids.map(({ log, rid }) => ({ log, rid, at: now(), why }));
    const first = contest?.told[why];
    if (first) return { ...restored, receipts: of(first.receipts), repeat: contest.times };
    const open = intended && intended.repeat === undefined ? intended.receipts : undefined;
    return { ...restored, receipts: of(open ?? logs.map((log) => ({ log, rid: newId() }))) };
  }

  return {
    /** Makes the object what it should be. Receipts are owed then. */
    async restore(subject: Subject): Promise<Outcome> {
      const { key, digest } = subject;
      const notes = notesIn(remembered);
      await settle(subject, notes);
      await makeUpFor(key, notes);
      const repair = subject.repair();
      if (repair === "late") return { state: "late" };
      await count(key, notes);
      const before = remembered.get(key);
      const tampered =
        repair !== undefined &&
        before !== undefined &&
        (repair.found === "missing" || isChanged(before, digest, repair.content));
      if (tampered) {
        // What is desired from now on waits for no pause: somebody's data may hang on it.
        const isPaused = repair.found === "changed" && before.digest === digest;
        const pause = isPaused ? pauseLeft(before.contest, now(), contests) : 0;
        if (pause > 0) return { state: "waits", againMs: pause };
        const restored = { digest, content: subject.content(), why: repair.found };
        const begun = await begin(key, restored, notes);
        if (!(await repair.write(begun?.mark))) return { state: "late" };
        if (begun) await notes.change(key, (known) => cameAbout(known, begun.mark, now()));
        else missed.set(key, restored);
      } else {
        // A crash may come before it is noted that this was written.
        if (repair && before)
          await notes.change(key, (known) => aboutToWrite(known, repair.content(), subject.content()));
        if (repair && !(await repair.write(undefined))) return { state: "late" };
        if (asDesired(remembered.get(key), digest, subject.content))
          await notes.change(key, (known) => asDesired(known, digest, subject.content));
      }
      const { contest } = remembered.get(key) ?? {};
      const againMs = contest && calmLeft(contest, now(), contests);
      const unwritten = notes.refused();
      if (!repair) return { state: "right", againMs, unwritten };
      return { state: "written", found: repair.found, tampered, againMs, unwritten };
    },
  };
}

type Restored = Required<Pick<Intention, "digest" | "content" | "why">>;
type Notes = ReturnType<typeof notesIn>;

/** What one restoration writes down. A refusal stops nothing, and is told at its end. */
function notesIn(remembered: Pick<Ledger<RememberedObject, OwedRestoration>, "change">) {
  let first: { readonly error: unknown } | undefined;
  return {
    refused: () => first,
    /** Whether it is written down. */
    async change(...change: Parameters<typeof remembered.change>): Promise<boolean> {
      try {
        await remembered.change(...change);
        return true;
      } catch (error) {
        first ??= { error };
        return false;
      }
    },
  };
}

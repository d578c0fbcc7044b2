/** Somebody who changes back what the operator restores: how long it waits, and what its receipts count. Pure. */
import { waitAfter } from "@companyos/service/backoff";
import type { Found } from "./installed.ts";

/** What a log was told of it first, and how often it happened again since the log was last told. */
export interface Told {
  readonly receipts: readonly { readonly log: string; readonly rid: string }[];
  readonly repeats: number;
}

/** It begins with the first restoration, and is over when the object stayed as it should be. */
export interface Contest {
  /** Restorations so far. */
  readonly times: number;
  /** Milliseconds since the epoch: the last one. */
  readonly at: number;
  /** When the logs were last told. */
  readonly since: number;
  /** By what was found: a receipt counts what it is true of. */
  readonly told: Readonly<Partial<Record<Found, Told>>>;
}

/** All in milliseconds. */
export interface ContestSettings {
  /** Before the second restoration; doubled before each further one. */
  readonly pauseMs: number;
  readonly longestPauseMs: number;
  /** So long, and twice the next pause, the object must stay as it should be. */
  readonly calmMs: number;
  /** Repeats are not kept from the logs for longer. */
  readonly countMs: number;
}

export const defaultContestSettings: ContestSettings = {
  pauseMs: 1_000,
  longestPauseMs: 300_000,
  calmMs: 60_000,
  countMs: 3_600_000,
};

/** How long the operator waits before the restoration that follows so many. */
export function pauseAfter(times: number, { pauseMs, longestPauseMs }: ContestSettings): number {
  return times === 0 ? 0 : waitAfter(times, { first: pauseMs, max: longestPauseMs });
}

/** What of the pause is left. After a clock was set back nobody knows how much has passed: then there is none. */
export function pauseLeft(contest: Contest | undefined, now: number, settings: ContestSettings): number {
  if (!contest || contest.at > now) return 0;
  return Math.max(0, contest.at + pauseAfter(contest.times, settings) - now);
}

/** How long the object must still stay as it should be; 0: the contest is over. */
export function calmLeft({ times, at }: Contest, now: number, settings: ContestSettings): number {
  const calm = Math.max(settings.calmMs, 2 * pauseAfter(times, settings));
  return Math.min(calm, Math.max(0, at + calm - now));
}

/** The contest after one more restoration. `receipts`: of a first one. */
export function restoredOnceMore(
  contest: Contest | undefined,
  why: Found,
  now: number,
  receipts: Told["receipts"],
): Contest {
  const { times = 0, told = {}, since = now } = contest ?? {};
  const before = told[why];
  const after = before ? { ...before, repeats: before.repeats + 1 } : { receipts, repeats: 0 };
  return { times: times + 1, at: now, since, told: { ...told, [why]: after } };
}

/** What the logs are to be told of repeats, and the contest afterwards. */
export function closed(
  contest: Contest,
  now: number,
  newId: () => string,
): { readonly contest: Contest; readonly owes: readonly Closing[] } {
  const entries = Object.entries(contest.told) as [Found, Told][];
  const owes = entries.flatMap(([why, { receipts, repeats }]) =>
    repeats === 0
      ? []
      : receipts.map(({ log, rid }) => ({ log, rid: newId(), at: now, why, count: repeats, repeats: rid })),
  );
  const told = Object.fromEntries(entries.map(([why, { receipts }]) => [why, { receipts, repeats: 0 }]));
  return { contest: { ...contest, since: now, told }, owes };
}

/** A receipt that counts repeats of the one that it names. */
export interface Closing {
  readonly log: string;
  readonly rid: string;
  readonly at: number;
  readonly why: Found;
  readonly count: number;
  readonly repeats: string;
}

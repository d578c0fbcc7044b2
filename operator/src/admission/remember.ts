import { createHash } from "node:crypto";
import { labels } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import type { Change, Owed, Owing } from "../owed/owed.ts";
import { type Contest, restoredOnceMore } from "./contest.ts";
import type { Found } from "./installed.ts";
import { adminMetadata } from "./objects/scope.ts";

/** A restoration that a log waits to be told of, or its repeats. */
export interface OwedRestoration extends Owed {
  readonly why: Found;
  /** How many repeats, and the id of the receipt that they repeat; absent: it is a first one. */
  readonly count?: number;
  readonly repeats?: string;
}

/** A restoration that was begun. */
export interface Intention {
  /** What was desired then. */
  readonly digest: string;
  /** The same as `content` of what is remembered; absent in what earlier releases wrote. */
  readonly content?: string;
  readonly why: Found;
  /** The receipts that it owes, or those that count it. */
  readonly receipts: readonly OwedRestoration[];
  /** Of a repeat: which restoration of the contest it is. */
  readonly repeat?: number;
}

/** What is remembered of an object over restarts. */
export interface RememberedObject extends Owing<OwedRestoration> {
  /** Digest of what was desired when the object was last as desired. */
  readonly digest: string;
  /** Of what the object did then, see contentOf; absent in what earlier releases wrote. */
  readonly content?: string;
  /** The same of what is about to be written, because something else is desired. */
  readonly next?: string;
  readonly intended?: Intention;
  /** Somebody undoes what is restored, or did a moment ago. */
  readonly contest?: Contest;
}

/**
 * What some release wrote. Up to 1c0f72f what is owed had another name, and before 92b41f4's successor no time; up to 6ad4791
 * an intention did not say by itself what had been found. Pure.
 */
export function readObject(value: unknown, now: number): RememberedObject {
  type Then = Omit<OwedRestoration, "at"> & { at?: number };
  const { unrecorded, intended, ...entry } = value as Omit<RememberedObject, "intended"> & {
    unrecorded?: readonly Then[];
    intended?: Omit<Intention, "why" | "receipts"> & { why?: Found; receipts: readonly Then[] };
  };
  const timed = (receipts: readonly Then[]) => receipts.map((one) => ({ at: now, ...one }));
  const begun = intended && {
    ...intended,
    why: intended.why ?? intended.receipts[0]?.why ?? "changed",
    receipts: timed(intended.receipts),
  };
  return {
    ...entry,
    ...(begun ? { intended: begun } : {}),
    ...(unrecorded ? { owed: timed(unrecorded) } : {}),
  };
}

type ChangedObject = Change<RememberedObject, OwedRestoration> | undefined;

/** The restoration that is intended, marked so on the object, came about. */
export function cameAbout(
  known: RememberedObject | undefined,
  mark: string | undefined,
  now: number,
): ChangedObject {
  const { intended, contest } = known ?? {};
  if (!intended || markOf(intended) !== mark) return undefined;
  const { digest, content, why, receipts, repeat } = intended;
  const after = restoredOnceMore(contest, why, now, receipts);
  const state = { digest, ...(content ? { content } : {}), contest: after };
  return { state, owes: repeat === undefined ? receipts : [] };
}

/** The object is as desired. An intention that is still open came to nothing: somebody else restored it. */
export function asDesired(
  known: RememberedObject | undefined,
  digest: string,
  content: () => string,
): ChangedObject {
  if (known?.digest === digest && known.content !== undefined && !known.next && !known.intended)
    return undefined;
  return { state: { digest, content: content(), ...(known?.contest ? { contest: known.contest } : {}) } };
}

/** Something else is desired, and about to be written where nobody changed what is there: `found`, see contentOf. */
export function aboutToWrite(
  known: RememberedObject | undefined,
  found: string,
  next: string,
): ChangedObject {
  return known && { state: { ...known, content: found, next } };
}

/**
 * Whether somebody changed an object that is not as desired: what it does is neither what it did when it was last right, nor what
 * was about to be written since. While the same is desired, and nothing else was written, anything is. Of what earlier releases
 * remembered nobody can tell.
 * @param found what the object does, see contentOf
 */
export function isChanged(known: RememberedObject, digest: string, found: () => string): boolean {
  const { content, next } = known;
  if (content === undefined || (known.digest === digest && next === undefined))
    return known.digest === digest;
  return ![content, next].includes(found());
}

/** How the object bears a restoration: the ids of its receipts, and behind `#` which repeat of them it is. */
export function markOf({ receipts, repeat }: Intention): string | undefined {
  if (receipts.length === 0) return undefined;
  const ids = receipts.map(({ rid }) => rid).join();
  return repeat === undefined ? ids : `${ids}#${repeat}`;
}

/** What the operator wanted an object to be when it last wrote or saw it so. */
export function digestOf(desired: KubeObject): string {
  const { kind, metadata, ...content } = desired;
  // Left out when absent, so that the digest is that of earlier releases: an upgrade is no tampering.
  const { [labels.callers]: callers, ...others } = metadata.labels ?? {};
  const usual = adminMetadata(metadata.name ?? "").labels ?? {};
  const extra = Object.entries(others).filter(([key]) => !Object.hasOwn(usual, key));
  const { annotations } = metadata;
  const marks = extra.length > 0 || annotations ? [{ labels: extra, annotations }] : [];
  return createHash("sha256")
    .update(JSON.stringify([kind, metadata.name, content, ...(callers ? [callers] : []), ...marks]))
    .digest("base64url");
}

import { createHash } from "node:crypto";
import { labels } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import type { Change, Owed, Owing } from "../owed/owed.ts";
import type { Found } from "./installed.ts";

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

type ChangedObject = Change<RememberedObject, OwedRestoration> | undefined;

/** The restoration with these ids came about, and is owed. */
export function cameAbout(known: RememberedObject | undefined, ids: string): ChangedObject {
  const { intended } = known ?? {};
  if (!intended || idsOf(intended.receipts) !== ids) return undefined;
  return { state: { digest: intended.digest }, owes: intended.receipts };
}

/** The object is as desired. An intention that is still open came to nothing: somebody else restored it. */
export function asDesired(known: RememberedObject | undefined, digest: string): ChangedObject {
  return known?.digest === digest && !known.intended ? undefined : { state: { digest } };
}

/** As the object bears them. */
export function idsOf(receipts: readonly OwedRestoration[] = []): string {
  return receipts.map(({ rid }) => rid).join();
}

/** What the operator wanted an object to be when it last wrote or saw it so. */
export function digestOf(desired: KubeObject): string {
  const { kind, metadata, ...content } = desired;
  // Left out when absent, so that the digest is that of earlier releases: an upgrade is no tampering.
  const callers = metadata.labels?.[labels.callers];
  return createHash("sha256")
    .update(JSON.stringify([kind, metadata.name, content, ...(callers ? [callers] : [])]))
    .digest("base64url");
}

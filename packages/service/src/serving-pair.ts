import { createPrivateKey } from "node:crypto";
import { createSecureContext } from "node:tls";
import { certificatesIn } from "./certificate-chain.ts";

/** PEM; the certificate's chain leaf first. */
export interface ServingPair {
  readonly cert: string;
  readonly key: string;
  /** So long before its end whoever issues it renews it, where they say so. */
  readonly renewBeforeMs?: number | undefined;
}

/** Milliseconds since the epoch. */
export interface ValidityPeriod {
  readonly from: number;
  readonly to: number;
}

/** `early`: it is not valid yet. */
export type Validity = "early" | "valid" | "ended";

/** That of the leaf; undefined when there is none. */
export function validityPeriod({ cert }: Pick<ServingPair, "cert">): ValidityPeriod | undefined {
  const [leaf] = certificatesIn(cert);
  return leaf && { from: Date.parse(leaf.validFrom), to: Date.parse(leaf.validTo) };
}

/**
 * From then on, in milliseconds since the epoch, it is late that nobody has renewed it: in the last tenth of its life, or
 * when half of the time is gone in which it should have been. The operator renews with a sixth of it left, or more.
 */
export function lateFrom({ from, to }: ValidityPeriod, renewBeforeMs = Number.POSITIVE_INFINITY): number {
  return to - Math.min((to - from) / 10, renewBeforeMs / 2);
}

/** By this machine's clock. No certificate at all is as good as one that has ended. */
export function validityOf(pair: Pick<ServingPair, "cert">): Validity {
  const period = validityPeriod(pair);
  const now = Date.now();
  if (period === undefined || period.to <= now) return "ended";
  return period.from <= now ? "valid" : "early";
}

/**
 * Throws unless TLS can be served with it, whatever the time. TLS itself takes a pair without a certificate, or with an
 * empty one.
 */
export function checkPair(pair: ServingPair): void {
  const [leaf] = certificatesIn(pair.cert);
  if (!leaf) throw new Error("there is no certificate in it");
  if (pair.key.trim() === "") throw new Error("there is no key in it");
  if (!leaf.checkPrivateKey(createPrivateKey(pair.key)))
    throw new Error("the key belongs to another certificate");
  createSecureContext({ cert: pair.cert, key: pair.key });
}

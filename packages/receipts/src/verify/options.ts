import type { CryptoProvider } from "../crypto.ts";
import { refuse } from "../refusals.ts";
import { formatInstant } from "../time.ts";
import type { KnownCheckpoint, Trust, TrustedLog } from "../trust.ts";
import type { Limits } from "./budget.ts";

export interface VerifyOptions {
  readonly trust: Trust;
  readonly crypto: CryptoProvider;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Seconds that the newest time that counts may lie back, in every part; unlimited when absent. */
  readonly maxAge?: number;
  /** What every part must be about and for; whatever it says when absent. */
  readonly audience?: string;
  readonly nonce?: string;
  readonly tenant?: string;
  /** Checkpoints seen before (`openPin`): the part of their log must prove that it continues them. */
  readonly pinned?: readonly KnownCheckpoint[];
  /** How much is remembered; what is beyond makes valid evidence incomplete (`beyond_limits`). */
  readonly limits?: Partial<Limits>;
}

/** Whom evidence is about and for. */
export interface Request {
  readonly tenant: string;
  readonly audience: string | null;
  readonly nonce: string | null;
}

/** Refuses `other_tenant`, `other_audience`, `other_nonce`. */
export function checkExpectations(request: Request, { tenant, audience, nonce }: VerifyOptions): void {
  if (tenant !== undefined && request.tenant !== tenant) {
    refuse("other_tenant", `the evidence is about ${JSON.stringify(request.tenant)}`);
  }
  if (audience !== undefined && request.audience !== audience) {
    const whom = request.audience === null ? "anybody" : JSON.stringify(request.audience);
    refuse("other_audience", `the evidence is for ${whom}`);
  }
  if (nonce !== undefined && request.nonce !== nonce) {
    refuse("other_nonce", `the evidence answers the nonce ${JSON.stringify(request.nonce)}`);
  }
}

/** Refuses `too_old`. `time`: seconds since the epoch. */
export function checkAge(time: number, { maxAge, now }: VerifyOptions): void {
  if (maxAge !== undefined && !(now <= (time + maxAge) * 1000)) {
    refuse(
      "too_old",
      `the newest time that counts is ${formatInstant(time)}; this clock says ${saysNow(now)}`,
    );
  }
}

/** A verifier whose clock is off finds out by this. */
export const saysNow = (now: number): string =>
  Number.isFinite(now) ? formatInstant(Math.floor(now / 1000)) : String(now);

/** Refuses `log_unknown`. */
export function trustedLog(origin: string, { trust }: VerifyOptions): TrustedLog {
  const log = trust.logs.find((known) => known.origin === origin);
  return log ?? refuse("log_unknown", `${origin} is not among the trusted logs`);
}

/** Pinned checkpoints of this log first, then those of trust.json. */
export function knownOf(log: TrustedLog, { pinned = [], trust }: VerifyOptions): KnownCheckpoint[] {
  return [...pinned, ...trust.minimum].filter(({ origin }) => origin === log.origin);
}

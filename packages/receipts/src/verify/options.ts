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
  /** How much is remembered; what is beyond makes valid evidence incomplete (`BEYOND_LIMITS`). */
  readonly limits?: Partial<Limits>;
}

/** Whom evidence is about and for. */
export interface Request {
  readonly tenant: string;
  readonly audience: string | null;
  readonly nonce: string | null;
}

/** Refuses `OTHER_TENANT`, `OTHER_AUDIENCE`, `OTHER_NONCE`. */
export function checkExpectations(request: Request, { tenant, audience, nonce }: VerifyOptions): void {
  if (tenant !== undefined && request.tenant !== tenant) {
    refuse("OTHER_TENANT", `the evidence is about ${JSON.stringify(request.tenant)}`);
  }
  if (audience !== undefined && request.audience !== audience) {
    const whom = request.audience === null ? "anybody" : JSON.stringify(request.audience);
    refuse("OTHER_AUDIENCE", `the evidence is for ${whom}`);
  }
  if (nonce !== undefined && request.nonce !== nonce) {
    refuse("OTHER_NONCE", `the evidence is for the nonce ${JSON.stringify(request.nonce)}`);
  }
}

/** Refuses `TOO_OLD`. `time`: seconds since the epoch. */
export function checkAge(time: number, { maxAge, now }: VerifyOptions): void {
  if (maxAge !== undefined && !(now <= (time + maxAge) * 1000)) {
    refuse(
      "TOO_OLD",
      `the newest time that counts is ${formatInstant(time)}; this clock says ${nowText(now)}`,
    );
  }
}

/** A verifier whose clock is off finds out by this. */
export const nowText = (now: number): string =>
  Number.isFinite(now) ? formatInstant(Math.floor(now / 1000)) : String(now);

/** Refuses `LOG_UNKNOWN`. */
export function trustedLog(origin: string, { trust }: VerifyOptions): TrustedLog {
  const log = trust.logs.find((known) => known.origin === origin);
  return log ?? refuse("LOG_UNKNOWN", `${origin} is not among the trusted logs`);
}

/** Pinned checkpoints of this log first, then those of trust.json. */
export function knownOf(log: TrustedLog, { pinned = [], trust }: VerifyOptions): KnownCheckpoint[] {
  return [...pinned, ...trust.minimum].filter(({ origin }) => origin === log.origin);
}

const second = 1000;
const minute = 60 * second;
const day = 24 * 60 * minute;

/** How long certificates of one kind live, in milliseconds. */
export interface Lifetime {
  readonly lifeMs: number;
  /** When a new one is made, counted from issue; default two thirds of the life. */
  readonly renewAfterMs?: number | undefined;
}

/** Who issues certificates, and how fast they rotate. */
export interface CertificateSettings {
  /**
   * `self`: the operator is the authority. `cert-manager`: somebody else writes the serving Secrets; the operator
   * issues nothing and publishes the `ca.crt` it finds in them.
   */
  readonly provider: "self" | "cert-manager";
  /** The authority's; default 365 days. */
  readonly authority: Lifetime;
  /** The serving certificates'; default 90 days. */
  readonly serving: Lifetime;
  /** How long a new authority is trusted by every API server's webhook configuration before it signs; default 5 min. */
  readonly settleMs: number;
  /**
   * How long an authority stays trusted that no Secret needs any more; default one day. Longer than processes wait
   * before they serve what a Secret holds (5 s).
   */
  readonly keepMs: number;
}

export const defaultCertificateSettings: CertificateSettings = {
  provider: "self",
  authority: { lifeMs: 365 * day },
  serving: { lifeMs: 90 * day },
  settleMs: 5 * minute,
  keepMs: day,
};

import { table } from "../table.ts";

/** One receipt as `GET /v1/receipts` of a notary lists it. */
export interface Listed {
  readonly idx: number;
  /** Of the Tenant whose chain it is in; null for the log's own. */
  readonly uid: string | null;
  readonly claims: {
    readonly type: string;
    readonly decision: string;
    readonly reason: string;
    readonly kind: string;
    /** Origin of the log. */
    readonly iss: string;
    /** The notary's clock, seconds since the epoch. */
    readonly iat: number;
    /** Sender's clock, milliseconds since the epoch. */
    readonly at: number;
    readonly requested: readonly string[];
    readonly allowed: readonly string[];
    readonly count: number;
  };
  readonly disclosed: Readonly<Record<string, unknown>>;
}

/** With the log it is in. */
export type Row = Listed & { readonly region: string; readonly log: string };

/** What a receipt is about: an object, or the policies that refused requests in the API server. */
export function objectOf(kind: string, disclosed: Listed["disclosed"]): string {
  const { namespace, name, policies, details } = disclosed;
  const exact = kind === "other" && (details as { kind?: string } | null)?.kind;
  if (kind === "none") return Array.isArray(policies) ? `policy ${policies.join(",")}` : "-";
  const called = [namespace, name].filter(Boolean).join("/");
  return `${exact || kind} ${called || (name === undefined ? notDisclosed : "")}`.trimEnd();
}

/** Stands for what a receipt has a digest of, and does not show. */
export const notDisclosed = "(not disclosed)";

/** Receipts as a table, with a column for the Tenant's uid when there are several. */
export function receiptsText(receipts: readonly Row[]): string {
  const several = new Set(receipts.map(({ uid }) => uid)).size > 1;
  const rows = receipts.map(({ log, idx, uid, claims, disclosed }) => [
    log,
    String(idx),
    ...(several ? [uid ?? "-"] : []),
    new Date(claims.at).toISOString().slice(0, 19).concat("Z"),
    claims.type,
    claims.reason,
    objectOf(claims.kind, disclosed),
    claims.requested.join(",") || "-",
    String(claims.count),
    String(disclosed.rid ?? "(redacted)"),
  ]);
  const header = [
    "LOG",
    "INDEX",
    ...(several ? ["TENANT UID"] : []),
    "TIME",
    "TYPE",
    "REASON",
    "OBJECT",
    "REGIONS",
    "COUNT",
    "RECEIPT",
  ];
  return table(header, rows);
}

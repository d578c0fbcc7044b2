import { pooled } from "@companyos/kube";
import type { NotaryErrorCode } from "@companyos/notary";
import { type Lack, lackOf, lackOfStatus } from "./evidence/lack.ts";
import { merged } from "./evidence/merged.ts";
import { homeRegion, whomToAsk } from "./evidence/whom.ts";
import { identitiesOf, type Notary } from "./notaries.ts";
import { openSession, refusalOf, type Session } from "./session.ts";
import { printable, table } from "./table.ts";
import type { ReceiptsListFlags } from "./verbs/receipts.ts";

/** One receipt as `GET /v1/receipts` of a notary lists it. */
interface Listed {
  readonly idx: number;
  readonly claims: {
    readonly type: string;
    readonly decision: string;
    readonly reason: string;
    readonly kind: string;
    /** Sender's clock, milliseconds since the epoch. */
    readonly at: number;
    readonly requested: readonly string[];
    readonly allowed: readonly string[];
    readonly count: number;
  };
  readonly disclosed: Readonly<Record<string, unknown>>;
}

interface Page {
  readonly receipts: readonly Listed[];
  readonly continue?: string;
}

/** With the log it is in. */
type Row = Listed & { readonly region: string; readonly log: string };

const timeoutMs = 60_000;

/**
 * Prints the newest receipts of a tenant from every log, or of one log's own chain. Resolves to the exit code: 1 when a
 * log gave nothing. Rejects when none knows the tenant.
 */
export async function listReceipts(flags: ReceiptsListFlags): Promise<number> {
  const { tenant, log, limit } = flags;
  if (tenant === undefined && log.length !== 1) throw new Error("say --tenant <name>, or one --log <region>");
  const session = await openSession(flags);
  try {
    const home = tenant === undefined ? undefined : await homeRegion(session.client, tenant);
    const { asked, lacks: before } = whomToAsk(session, log, home);
    await identitiesOf(session, asked);
    const answers = await pooled(asked, 8, (notary) => newestOf(session, notary, flags));
    const lacks = [...before, ...answers.filter((answer) => "reason" in answer)].filter(
      ({ reason }) => reason !== "not_asked",
    );
    const known = answers.filter((answer) => "rows" in answer);
    if (known.length === 0) throw new Error(nothing(tenant, asked, lacks));
    const rows = merged(
      known.map((answer) => answer.rows),
      ({ claims }) => claims.at,
    );
    const newest = rows.slice(-limit);
    const more = known.some((answer) => answer.more) || rows.length > limit;
    if (flags.output === "json") console.log(JSON.stringify({ receipts: newest, more, lacks }, null, 2));
    else print(newest, more);
    for (const { name, message } of lacks) console.error(`INCOMPLETE  ${name} ${printable(message)}`);
    return lacks.length > 0 ? 1 : 0;
  } finally {
    await session.close();
  }
}

/** The newest receipts in one log; undefined rows: it has none of this tenant. */
async function newestOf(
  session: Session,
  notary: Notary,
  { tenant, type, since, limit }: ReceiptsListFlags,
): Promise<Lack | { readonly rows: readonly Row[]; readonly more: boolean } | { readonly unknown: true }> {
  const rows: Row[] = [];
  let next: string | undefined;
  do {
    const query = new URLSearchParams({
      ...(tenant === undefined ? { chain: "_log" } : { tenant }),
      limit: String(Math.min(limit - rows.length, 1000)),
      ...(type && { type }),
      ...(since && { since }),
      ...(next && { continue: next }),
    });
    const page = await pageOf(session, notary, query);
    if (!("receipts" in page)) return page;
    rows.unshift(
      ...page.receipts.map((receipt) => ({ region: notary.region, log: notary.name, ...receipt })),
    );
    next = page.continue;
  } while (next && rows.length < limit);
  return { rows, more: next !== undefined };
}

async function pageOf(
  session: Session,
  notary: Notary,
  query: URLSearchParams,
): Promise<Page | Lack | { readonly unknown: true }> {
  try {
    const url = `${notary.url}/v1/receipts?${query}`;
    const { statusCode, body } = await session.ask(url, { timeoutMs });
    if (statusCode === 200) return (await body.json()) as Page;
    const { code, said } = await refusalOf(body);
    if (code === ("unknown" satisfies NotaryErrorCode)) return { unknown: true };
    if (code === ("bad_request" satisfies NotaryErrorCode))
      throw new Error(`the notary of ${notary.name} refused: ${said}`);
    return lackOfStatus(notary, statusCode, said);
  } catch (error) {
    return lackOf(notary, error);
  }
}

function nothing(tenant: string | undefined, asked: readonly Notary[], lacks: readonly Lack[]): string {
  const silent = lacks.map(({ name, message }) => `${name} ${message}`);
  const rest = asked.filter(({ name }) => !lacks.some((lack) => lack.name === name));
  const why = [...rest.map(({ name }) => `${name} has none`), ...silent].join("; ");
  return `no receipt ${tenant === undefined ? "can be listed" : `of tenant ${tenant}`}: ${why}`;
}

/** What a receipt is about: an object, or the policies that refused what nobody saw. */
function objectOf(kind: string, disclosed: Listed["disclosed"]): string {
  const { namespace, name, policies, details } = disclosed;
  const exact = kind === "other" && (details as { kind?: string } | null)?.kind;
  if (kind === "none") return Array.isArray(policies) ? `policy ${policies.join(",")}` : "-";
  return `${exact || kind} ${[namespace, name].filter(Boolean).join("/")}`;
}

function print(receipts: readonly Row[], more: boolean): void {
  const rows = receipts.map(({ log, idx, claims, disclosed }) => [
    log,
    String(idx),
    new Date(claims.at).toISOString().slice(0, 19).concat("Z"),
    claims.type,
    claims.reason,
    objectOf(claims.kind, disclosed),
    claims.requested.join(",") || "-",
    String(claims.count),
    String(disclosed.rid ?? "(redacted)"),
  ]);
  const header = ["LOG", "INDEX", "TIME", "TYPE", "REASON", "OBJECT", "REGIONS", "COUNT", "RECEIPT"];
  console.log(table(header, rows));
  if (more) console.log("There are more: raise --limit.");
}

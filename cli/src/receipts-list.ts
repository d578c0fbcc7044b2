import type { NotaryErrorCode } from "@companyos/notary";
import { type Lack, lackOf, lackOfStatus } from "./evidence/lack.ts";
import { merged } from "./evidence/merged.ts";
import { homeRegion, whomToAsk } from "./evidence/whom.ts";
import { pooled } from "./pool.ts";
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

/** With the region whose log it is in. */
type Row = Listed & { readonly region: string };

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
    const { asked: regions, lacks: before } = whomToAsk(session, log, home);
    const answers = await pooled(regions, 8, (region) => newestOf(session, region, flags));
    const lacks = [...before, ...answers.filter((answer) => "reason" in answer)].filter(
      ({ reason }) => reason !== "not_asked",
    );
    const known = answers.filter((answer) => "rows" in answer);
    if (known.length === 0) throw new Error(nothing(tenant, regions, lacks));
    const rows = merged(
      known.map((answer) => answer.rows),
      ({ claims }) => claims.at,
    );
    const newest = rows.slice(-limit);
    const more = known.some((answer) => answer.more) || rows.length > limit;
    if (flags.output === "json") console.log(JSON.stringify({ receipts: newest, more, lacks }, null, 2));
    else print(newest, more);
    for (const { region, message } of lacks) console.error(`INCOMPLETE  ${region} ${printable(message)}`);
    return lacks.length > 0 ? 1 : 0;
  } finally {
    await session.close();
  }
}

/** The newest receipts in one log; undefined rows: it has none of this tenant. */
async function newestOf(
  session: Session,
  region: string,
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
    const page = await pageOf(session, region, query);
    if (!("receipts" in page)) return page;
    rows.unshift(...page.receipts.map((receipt) => ({ region, ...receipt })));
    next = page.continue;
  } while (next && rows.length < limit);
  return { rows, more: next !== undefined };
}

async function pageOf(
  session: Session,
  region: string,
  query: URLSearchParams,
): Promise<Page | Lack | { readonly unknown: true }> {
  try {
    const url = `${session.notary(region)}/v1/receipts?${query}`;
    const { statusCode, body } = await session.ask(url, { timeoutMs });
    if (statusCode === 200) return (await body.json()) as Page;
    const { code, said } = await refusalOf(body);
    if (code === ("unknown" satisfies NotaryErrorCode)) return { unknown: true };
    if (code === ("bad_request" satisfies NotaryErrorCode))
      throw new Error(`the notary of ${region} refused: ${said}`);
    return lackOfStatus(region, statusCode, said);
  } catch (error) {
    return lackOf(region, error);
  }
}

function nothing(tenant: string | undefined, regions: readonly string[], lacks: readonly Lack[]): string {
  const silent = lacks.map(({ region, message }) => `${region} ${message}`);
  const rest = regions.filter((region) => !lacks.some((lack) => lack.region === region));
  const why = [...rest.map((region) => `${region} has none`), ...silent].join("; ");
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
  const rows = receipts.map(({ region, idx, claims, disclosed }) => [
    region,
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

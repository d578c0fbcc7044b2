import { homeRegion, refusal } from "./prove.ts";
import { openSession } from "./session.ts";
import { table } from "./table.ts";
import type { ReceiptsListFlags } from "./verbs/receipts.ts";

/** One receipt as `GET /v1/receipts` of a notary lists it. */
interface Listed {
  readonly idx: number;
  readonly claims: {
    readonly type: string;
    readonly decision: string;
    readonly reason: string;
    readonly kind: string;
    readonly at: number;
    readonly requested: readonly string[];
    readonly allowed: readonly string[];
    readonly count: number;
  };
  readonly disclosed: Readonly<Record<string, unknown>>;
}

export async function listReceipts(flags: ReceiptsListFlags): Promise<void> {
  const { tenant, log } = flags;
  const chain = log === undefined ? { tenant: tenant ?? "" } : { chain: "_log" };
  if ("tenant" in chain && chain.tenant === "") throw new Error("say --tenant <name>, or --log <region>");
  const session = await openSession(flags);
  try {
    const url = session.notary(log ?? (await homeRegion(session, tenant as string)));
    const receipts: Listed[] = [];
    let next: string | undefined;
    do {
      const query = new URLSearchParams({
        ...chain,
        limit: String(Math.min(flags.limit - receipts.length, 1000)),
      });
      if (flags.type) query.set("type", flags.type);
      if (flags.since) query.set("since", flags.since);
      if (next) query.set("continue", next);
      const { statusCode, body } = await session.ask(`${url}/v1/receipts?${query}`);
      if (statusCode !== 200) throw new Error(`the notary refused: ${await refusal(body)}`);
      const page = (await body.json()) as { receipts: Listed[]; continue?: string };
      receipts.unshift(...page.receipts);
      next = page.continue;
    } while (next && receipts.length < flags.limit);
    if (flags.output === "json") console.log(JSON.stringify({ receipts, more: Boolean(next) }, null, 2));
    else print(receipts, next !== undefined);
  } finally {
    await session.close();
  }
}

/** What a receipt is about: an object, or the policies that refused what nobody saw. */
function objectOf(kind: string, disclosed: Listed["disclosed"]): string {
  const { namespace, name, policies, details } = disclosed;
  const exact = kind === "other" && (details as { kind?: string } | null)?.kind;
  if (kind === "none") return Array.isArray(policies) ? `policy ${policies.join(",")}` : "-";
  return `${exact || kind} ${[namespace, name].filter(Boolean).join("/")}`;
}

function print(receipts: readonly Listed[], more: boolean): void {
  const rows = receipts.map(({ idx, claims, disclosed }) => [
    String(idx),
    new Date(claims.at).toISOString().slice(0, 19).concat("Z"),
    claims.type,
    claims.reason,
    objectOf(claims.kind, disclosed),
    claims.requested.join(",") || "-",
    String(claims.count),
    String(disclosed.rid ?? "(redacted)"),
  ]);
  console.log(table(["INDEX", "TIME", "TYPE", "REASON", "OBJECT", "REGIONS", "COUNT", "RECEIPT"], rows));
  if (more) console.log("There are more: raise --limit.");
}

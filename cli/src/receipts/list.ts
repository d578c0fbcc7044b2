import { pooled } from "@companyos/kube";
import type { NotaryErrorCode } from "@companyos/notary";
import { isReceiptType, parseTime, receiptTypes } from "@companyos/receipts";
import { boundedText } from "../bounded-text.ts";
import { type Lack, lackOf, lackOfStatus } from "../evidence/lack.ts";
import { homeRegion, logsToAsk } from "../evidence/logs-to-ask.ts";
import { merged } from "../evidence/merged.ts";
import { retryable } from "../evidence/no-evidence.ts";
import { yesOrNo } from "../exit-codes.ts";
import { timeOf } from "../flag-values.ts";
import { didYouMean } from "../near-miss.ts";
import { atOnce, identitiesOf, type Notary } from "../notaries.ts";
import { checkTenantName } from "../object-names.ts";
import { openSession, refusalOf, type Session } from "../session.ts";
import type { SessionFlags } from "../session-flags.ts";
import { complain, printable, printJson } from "../terminal.ts";
import { type Listed, type Row, receiptsText } from "./print.ts";

export interface ReceiptsListFlags extends SessionFlags {
  readonly tenant?: string;
  /** Regions; with a tenant, empty: all that are known. */
  readonly log: readonly string[];
  readonly type?: string;
  readonly since?: string;
  readonly limit: number;
  /** Where to go on in each log, by its name, as the page before said. */
  readonly continue?: Positions;
  readonly output: "text" | "json";
}

interface Page {
  readonly receipts: readonly Listed[];
  readonly continue?: string;
  readonly others?: true;
}

/** By a log's name the index to go on at, `end`: it has no older ones, or `newest`: it gave nothing yet. */
export type Positions = ReadonlyMap<string, string>;

const end = "end";
const newest = "newest";

/** What one log gave. `others`: it also has receipts of other Tenants of that name, which you may not read. */
interface Known {
  readonly rows: readonly Row[];
  /** The index of the next older one. */
  readonly next: string | undefined;
  readonly others: boolean;
}

export interface Listing {
  /** By time, newest last. */
  readonly receipts: readonly Row[];
  /** There are older ones, or may be: in a log that was silent. */
  readonly more: boolean;
  /** With `more`: give it back to get older ones, such as `eu-west-1=1200,us-east-1=end`. */
  readonly continue?: string;
  /** Names of the logs with receipts of other Tenants of that name, which you may not read. */
  readonly others: readonly string[];
  readonly lacks: readonly Lack[];
}

/**
 * Prints the newest receipts of a tenant from every log, or of one log's own chain. Resolves to the exit code: 1 when a
 * log gave nothing. Rejects when all responded, and none has receipts of the tenant.
 */
export async function listReceipts(flags: ReceiptsListFlags): Promise<number> {
  const { tenant, log, type } = flags;
  if (tenant === undefined && log.length !== 1) throw new Error("say --tenant <name>, or one --log <region>");
  if (type !== undefined && !isReceiptType(type)) {
    const near = didYouMean(type, receiptTypes);
    throw new Error(`--type ${type}: there is no such type${near}; there are ${receiptTypes.join(", ")}`);
  }
  if (tenant !== undefined) checkTenantName(tenant);
  const since = flags.since === undefined ? {} : { since: timeOf("--since", flags.since) };
  if (since.since !== undefined && parseTime(since.since)! > Date.now() / 1000)
    throw new Error(`--since ${flags.since}: that is yet to come, so no receipt could be listed`);
  const session = await openSession(flags);
  try {
    const home = tenant === undefined ? undefined : await homeRegion(session.client, tenant);
    const listing = await listingOf(session, home, { ...flags, ...since });
    const { receipts, more, others, lacks } = listing;
    if (flags.output === "json") printJson(listing);
    else console.log(receiptsText(receipts));
    if (more && flags.output === "text")
      console.log(
        `There ${lacks.length > 0 ? "may be" : "are"} older ones: raise --limit, or say --continue ${listing.continue}`,
      );
    for (const name of others)
      complain(
        `NOT SHOWN  ${name} has receipts of other Tenants named ${tenant}, which you may not read: an auditor may`,
      );
    for (const { name, message } of lacks) complain(`INCOMPLETE  ${name} ${printable(message)}`);
    return yesOrNo(lacks.length === 0);
  } finally {
    await session.close();
  }
}

/** `home`: the tenant's home region, where it is known. Rejects when no log that responded has receipts of the tenant. */
export async function listingOf(
  session: Pick<Session, "notaries" | "notariesOf" | "ask">,
  home: string | undefined,
  flags: Pick<ReceiptsListFlags, "tenant" | "log" | "type" | "since" | "limit" | "continue" | "timeout">,
): Promise<Listing> {
  const { tenant, log, limit } = flags;
  const { asked: all, lacks: before } = logsToAsk(session, log, home);
  for (const name of flags.continue?.keys() ?? [])
    if (!all.some((notary) => notary.name === name))
      throw new Error(`--continue ${name}: there is no such log among those that are asked`);
  const isOver = ({ name }: Notary) => flags.continue?.get(name) === end;
  const asked = all.filter((notary) => !isOver(notary));
  // Together with who it is, so that a silent log is waited for once.
  const listing = pooled(asked, atOnce, async (notary) => ({
    notary,
    response: await newestOf(session, notary, flags),
  }));
  listing.catch(() => {});
  await identitiesOf(session, asked, flags.timeout * 1000);
  const responses = await listing;
  const gaveNothing = responses.flatMap(({ response }) => ("reason" in response ? [response] : []));
  const lacks = [...before, ...gaveNothing].filter(({ reason }) => reason !== "not_asked");
  const known = responses.flatMap(({ notary, response }) =>
    "rows" in response ? [{ notary, ...response }] : [],
  );
  // A silent log may have receipts, so this is no proof that there are none.
  if (known.length === 0 && asked.length > 0 && !lacks.some(({ reason }) => retryable.has(reason)))
    throw new Error(nothing(tenant, asked, lacks));
  const rows = merged(
    known.map((each) => each.rows),
    ({ claims }) => claims.at,
  );
  const cut = rows.slice(0, -limit);
  const silent = gaveNothing.filter(({ reason }) => retryable.has(reason));
  const positions = [
    ...known.map(({ notary: { name }, next }): [string, string] => {
      const last = cut.findLast((row) => row.log === name);
      return [name, last === undefined ? (next ?? end) : String(last.idx)];
    }),
    // One that was silent goes on where it was to.
    ...silent.map(({ name }): [string, string] => [name, flags.continue?.get(name) ?? newest]),
    ...all.filter(isOver).map(({ name }): [string, string] => [name, end]),
  ];
  const more = positions.some(([, at]) => at !== end);
  return {
    receipts: rows.slice(-limit),
    more,
    ...(more ? { continue: positions.map((pair) => pair.join("=")).join(",") } : {}),
    others: known.filter(({ others }) => others).map(({ notary }) => notary.name),
    lacks,
  };
}

/** The newest receipts in one log; undefined rows: it has none of this tenant. */
async function newestOf(
  session: Pick<Session, "ask">,
  notary: Notary,
  flags: Pick<ReceiptsListFlags, "tenant" | "type" | "since" | "limit" | "continue" | "timeout">,
): Promise<Lack | Known | { readonly unknown: true }> {
  const { tenant, type, since, limit, timeout } = flags;
  const rows: Row[] = [];
  let others = false;
  const position = flags.continue?.get(notary.name);
  let next = position === newest ? undefined : position;
  do {
    const query = new URLSearchParams({
      ...(tenant === undefined ? { chain: "_log" } : { tenant }),
      limit: String(Math.min(limit - rows.length, 1000)),
      ...(type && { type }),
      ...(since && { since }),
      ...(next && { continue: next }),
    });
    const page = await pageOf(session, notary, query, timeout * 1000);
    if (!("receipts" in page)) return page;
    rows.unshift(
      ...page.receipts.map((receipt) => ({ region: notary.region, log: notary.name, ...receipt })),
    );
    next = page.continue;
    others ||= page.others === true;
  } while (next && rows.length < limit);
  return { rows, next, others };
}

async function pageOf(
  session: Pick<Session, "ask">,
  notary: Notary,
  query: URLSearchParams,
  timeoutMs: number,
): Promise<Page | Lack | { readonly unknown: true }> {
  try {
    const url = `${notary.url}/v1/receipts?${query}`;
    const { statusCode, body } = await session.ask(url, { timeoutMs });
    if (statusCode === 200) return JSON.parse(await boundedText(body)) as Page;
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

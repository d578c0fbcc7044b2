/** One receipt by its id, in whichever log has it. */

import { pooled } from "@companyos/kube";
import type { NotaryErrorCode } from "@companyos/notary";
import { formatInstant, type ReceiptType, type SingleReceipt } from "@companyos/receipts";
import { boundedText } from "../bounded-text.ts";
import { type Lack, lackOf, lackOfStatus } from "../evidence/lack.ts";
import { atOnce, type Notary } from "../notaries.ts";
import { refusalOf, type Session } from "../session.ts";
import type { Listed, Row } from "./print.ts";

/** A receipt as the notary lists it, and as it proves it. */
export interface Proved {
  readonly row: Row;
  readonly single: SingleReceipt;
}

export interface Found extends Proved {
  readonly notary: Notary;
  /** Whose chain it is in; undefined: the log's own. */
  readonly tenant: string | undefined;
  /** Receipts of the same id that count its repeats, oldest first. */
  readonly repeats: readonly Proved[];
}

/** `lacks`: of logs that gave nothing; what was found needs none of them. */
export interface Search {
  readonly found?: Found;
  readonly lacks: readonly Lack[];
}

/** A UUIDv7 begins with the time at which it was made. */
export const receiptId = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const repeated: ReceiptType = "admission.repeated";

/**
 * How far before the id's time is searched: clocks of senders and notaries hardly differ by an hour. Where all logs respond and
 * none has it, by far more.
 */
const slackSeconds = [3600, 31 * 86_400] as const;

/** Looks in every log for each tenant, undefined for a log's own chain, until one has it. */
export async function findReceipt(
  session: Pick<Session, "ask">,
  notaries: readonly Notary[],
  tenants: readonly (string | undefined)[],
  id: string,
  timeoutMs: number,
): Promise<Search> {
  const made = Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);
  let search: Search = { lacks: [] };
  for (const slack of slackSeconds) {
    const since = formatInstant(Math.max(0, Math.floor(made / 1000) - slack));
    search = await searched(session, { notaries, tenants, query: { receipt: id, since }, timeoutMs });
    if (search.found || search.lacks.length > 0) break;
  }
  return search;
}

interface Asked {
  readonly notaries: readonly Notary[];
  readonly tenants: readonly (string | undefined)[];
  readonly query: { readonly receipt: string; readonly since: string };
  readonly timeoutMs: number;
}

async function searched(
  session: Pick<Session, "ask">,
  { notaries, tenants, query, timeoutMs }: Asked,
): Promise<Search> {
  const lacks: Lack[] = [];
  for (const tenant of tenants) {
    const responses = await pooled(notaries, atOnce, (notary) =>
      inLog(session, notary, tenant, query, timeoutMs),
    );
    for (const response of responses) {
      if (response === undefined) continue;
      if ("row" in response) return { found: response, lacks: [] };
      lacks.push(response);
    }
  }
  return { lacks };
}

async function inLog(
  session: Pick<Session, "ask">,
  notary: Notary,
  tenant: string | undefined,
  asked: Asked["query"],
  timeoutMs: number,
): Promise<Found | Lack | undefined> {
  try {
    const repeats: Proved[] = [];
    for (let next: string | undefined; ; ) {
      const query = new URLSearchParams({
        ...(tenant === undefined ? { chain: "_log" } : { tenant }),
        ...asked,
        ...(next && { continue: next }),
      });
      const { statusCode, body } = await session.ask(`${notary.url}/v1/receipts?${query}`, { timeoutMs });
      if (statusCode !== 200) return await notFound(notary, statusCode, body);
      const page = JSON.parse(await boundedText(body)) as {
        receipts: (Listed & { single: SingleReceipt })[];
        continue?: string;
      };
      next = page.continue;
      const [listed] = page.receipts;
      if (listed !== undefined) {
        const newer = repeats[0]?.row.idx;
        if (newer !== undefined && listed.idx >= newer)
          throw new Error(`the log lists receipt ${listed.idx} after ${newer}, which is not older`);
        const { single, ...receipt } = listed;
        const proved = { row: { region: notary.region, log: notary.name, ...receipt }, single };
        // The newest comes first. What counts repeats says nothing of what happened: that is in the first of the id.
        if (listed.claims.type !== repeated) return { notary, tenant, ...proved, repeats };
        repeats.unshift(proved);
        next = listed.idx > 0 ? String(listed.idx - 1) : undefined;
      }
      if (next !== undefined) continue;
      const [first, ...rest] = repeats;
      return first && { notary, tenant, ...first, repeats: rest };
    }
  } catch (error) {
    return lackOf(notary, error);
  }
}

async function notFound(
  notary: Notary,
  status: number,
  body: Parameters<typeof refusalOf>[0],
): Promise<Lack | undefined> {
  const { code, said } = await refusalOf(body);
  if (code === ("unknown" satisfies NotaryErrorCode)) return undefined;
  const old = code === ("bad_request" satisfies NotaryErrorCode);
  return lackOfStatus(notary, status, old ? `${said}: a notary of before this was there; upgrade it` : said);
}

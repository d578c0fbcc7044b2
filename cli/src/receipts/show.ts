import { isDeepStrictEqual } from "node:util";
import { logChain, type OpenedReceipt, Refusal, type Trust } from "@companyos/receipts";
import { boundedText, small } from "../bounded-text.ts";
import { CannotAsk } from "../cannot-ask.ts";
import { logsToAsk } from "../evidence/logs-to-ask.ts";
import { retryable } from "../evidence/no-evidence.ts";
import { exitCodes, yesOrNo } from "../exit-codes.ts";
import { identitiesOf, type Notary } from "../notaries.ts";
import { checkTenantName } from "../object-names.ts";
import { readableTenants } from "../readable-tenants.ts";
import { openSession, type Session } from "../session.ts";
import type { SessionFlags } from "../session-flags.ts";
import { complain, printable, printJson, tell } from "../terminal.ts";
import { composeTrust, type NotaryIdentity, readTrust } from "../trust/compose.ts";
import { type Found, findReceipt, receiptId } from "./find.ts";
import { shownText } from "./print-one.ts";
import { contentOf, judged, type ShownVerdict } from "./verdict.ts";

export interface ReceiptsShowFlags extends SessionFlags {
  readonly tenant?: string;
  /** Regions; empty: all that are known. */
  readonly log: readonly string[];
  readonly trust?: string;
  readonly output: "text" | "json";
}

/** Whoever may read more has to say whose it is: each is a question to every log. */
const mostTenants = 20;

/**
 * Prints one receipt, with its proof and the verdict about it. Resolves to the exit code: 1 when the proof does not hold, or
 * when a log that gave nothing may have it. Rejects when all responded and none has it.
 */
export async function showReceipt(id: string, flags: ReceiptsShowFlags): Promise<number> {
  if (!receiptId.test(id))
    throw new Error(`${id}: expected the id of a receipt, such as 01a21d93-28c4-76a0-bd26-90756b896303`);
  if (flags.tenant !== undefined) checkTenantName(flags.tenant);
  const trust = flags.trust === undefined ? undefined : await readTrust(flags.trust);
  const session = await openSession(flags);
  try {
    const { asked } = logsToAsk(session, flags.log, undefined);
    await identitiesOf(session, asked, flags.timeout * 1000);
    const tenants = await tenantsToAsk(session, flags);
    const { found, lacks } = await findReceipt(session, asked, tenants, id, flags.timeout * 1000);
    if (found === undefined) {
      for (const { name, message } of lacks) complain(`INCOMPLETE  ${name} ${printable(message)}`);
      const whose = tenants.map((tenant) => tenant ?? "a log's own").join(", ");
      const none = `no log that responded has the receipt ${id} among those of ${whose}, logged from 31 days before the time in the id on`;
      if (!lacks.some(({ reason }) => retryable.has(reason))) throw new Error(none);
      complain(`companyos: ${none}`);
      return exitCodes.no;
    }
    const verdict = await verdictOf(session, found, id, trust);
    if (flags.output === "json") {
      const { row, single, tenant } = found;
      const repeats = found.repeats.map((repeat) => ({ receipt: repeat.row, single: repeat.single }));
      printJson({ receipt: row, tenant: tenant ?? null, verdict, single, repeats });
    } else tell(shownText(found, verdict, Date.now()));
    return yesOrNo(verdict.valid);
  } finally {
    await session.close();
  }
}

async function tenantsToAsk(
  session: Session,
  { tenant, log }: ReceiptsShowFlags,
): Promise<readonly (string | undefined)[]> {
  if (tenant !== undefined) return [tenant];
  const readable = await readableTenants(session.client);
  if (readable.length > mostTenants)
    throw new Error(
      `you may read ${readable.length} tenants: say whose it is, --tenant NAME (the refusal names it)`,
    );
  if (readable.length > 0) return log.length > 0 ? [...readable, undefined] : readable;
  if (log.length > 0) return [undefined];
  throw new CannotAsk("which tenant's? Say --tenant NAME (the refusal names it)");
}

/**
 * By the trust file; without one by what the notary says of itself, which proves that it agrees with itself. What was proved has
 * to be what is shown, and the receipt that was asked for. The same of what counts its repeats: one that does not hold
 * takes the whole with it.
 * @param id of the receipt that was asked for
 */
export async function verdictOf(
  session: Pick<Session, "ask">,
  found: Found,
  id: string,
  trust: Trust | undefined,
): Promise<ShownVerdict> {
  const believed = trust === undefined ? "notary" : "trust file";
  const by = trust ?? composeTrust([await identity(session, found.notary)]);
  const all = await Promise.all(
    [found, ...found.repeats].map(async ({ row, single }): Promise<ShownVerdict> => {
      const { verdict, opened } = await judged(single, by, believed, row.claims.iss);
      const other = opened && otherThanAsked(opened, { tenant: found.tenant, row }, id);
      return other ? { valid: false, believed, code: other.code, message: other.message } : verdict;
    }),
  );
  return all.find(({ valid }) => !valid) ?? all[0]!;
}

function otherThanAsked(
  opened: OpenedReceipt,
  found: Pick<Found, "tenant" | "row">,
  id: string,
): Refusal | undefined {
  const { claims, disclosed } = opened.receipt;
  const [rid, whose] = [disclosed.get("rid"), disclosed.get("tenant")];
  if (rid !== id)
    return new Refusal("OTHER_RECEIPT", `the log handed over the receipt ${rid ?? "of no id"} for ${id}`);
  const isLogs = claims.sub === logChain;
  if (found.tenant === undefined ? !isLogs : isLogs || whose !== found.tenant)
    return new Refusal(
      "OTHER_TENANT",
      `the log handed over a receipt ${isLogs ? "of its own chain" : `of ${whose ?? "a tenant that it does not name"}`}`,
    );
  if (!isDeepStrictEqual(contentOf(opened), listedOf(found.row)))
    return new Refusal("INDEX_MISMATCH", "the receipt that the notary proves is not the one that it lists");
}

function listedOf({ idx, claims, disclosed }: Found["row"]) {
  return { idx, claims, disclosed };
}

async function identity(session: Pick<Session, "ask">, { url }: Notary): Promise<NotaryIdentity> {
  const { body } = await session.ask(`${url}/v1/identity`, { public: true });
  return JSON.parse(await boundedText(body, small)) as NotaryIdentity;
}

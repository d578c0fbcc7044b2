/** Every log's part of a tenant's evidence, spooled to files, and which parts are lacking. */

import { pooled } from "@companyos/kube";
import { Refusal } from "@companyos/receipts";
import { identitiesOf, atOnce as manyAtOnce, type Notary } from "../notaries.ts";
import { counted } from "../plural.ts";
import type { Session } from "../session.ts";
import { regionsHandedOver } from "./handovers.ts";
import { logsToAsk, lostLog, noNotary, notAsked } from "./logs-to-ask.ts";
import { noEvidence } from "./no-evidence.ts";
import { askForPart, type Gathered, isLack, type LogResponse, type Part } from "./part.ts";
import { sizeText, tellProgress } from "./progress.ts";
import { checkpointsFor, type KeptCheckpoint } from "./since.ts";

/** Logs asked at once: each response takes a disk and a connection. */
const atOnce = 4;

export interface GatherOptions {
  readonly session: Pick<Session, "notaries" | "notariesOf" | "ask">;
  readonly tenant: string;
  /** The tenant's home region, where it is known. */
  readonly home: string | undefined;
  /** Regions to ask; empty: all that are known. */
  readonly log: readonly string[];
  /** Regions of which a log is lost for good. */
  readonly lost: readonly string[];
  readonly since: readonly KeptCheckpoint[];
  /** Longest time in which a log sends nothing, in ms. */
  readonly timeoutMs: number;
  /** Folder for the parts. */
  readonly dir: string;
  /** Of `POST /v1/prove`, with the checkpoints of that log. */
  body(since: readonly string[]): object;
}

/**
 * Rejects when the question is refused, a notary keeps another log than its address says, or every log that was asked
 * says that it has no receipt of the name; with NoLogResponded when none gave any response. Signed absences alone are
 * evidence where another log is silent: they say which one is missing.
 */
export async function gather(options: GatherOptions): Promise<Gathered> {
  const { session, tenant, log, since, timeoutMs } = options;
  const lost = [...new Set(options.lost)];
  const { asked, lacks: before } = logsToAsk(session, log, options.home);
  const identities = await identitiesOf(session, asked, timeoutMs);
  const notes = checkpointsFor(asked, identities, since);
  const silent = new Set(asked.filter((_, i) => identities[i] === undefined));
  const responses = await askAll(asked, silent, options, notes);
  const parts = responses.filter((response): response is Part => !isLack(response));
  // A log that is declared lost is not lacking for another reason too.
  const missed = before.filter(({ region, reason }) => reason !== "no_notary" || !lost.includes(region));
  const lacks = [...lost.map(lostLog), ...missed, ...responses.filter(isLack)];
  for (const region of await regionsElsewhere(
    parts,
    [...asked, ...lacks].map((each) => each.region),
  )) {
    const was = "was the tenant's home too (a handover says so)";
    lacks.push(log.length > 0 ? notAsked({ region, name: region }) : noNotary(region, was));
  }
  checkOrigins(parts);
  const nothing = noEvidence(tenant, { parts, lacks });
  if (nothing !== undefined) throw nothing;
  return { parts, lacks };
}

/** `silent`: of those that may well stay so, all are asked at once; the others wait for none of them. */
async function askAll(
  notaries: readonly Notary[],
  silent: ReadonlySet<Notary>,
  { session, dir, timeoutMs, body }: GatherOptions,
  notes: readonly (readonly string[])[],
): Promise<LogResponse[]> {
  const arrived = new Map<string, number>();
  let done = 0;
  const received = (name: string, bytes: number) => arrived.set(name, (arrived.get(name) ?? 0) + bytes);
  const end = tellProgress(() => {
    const sizes = [...arrived].map(([name, bytes]) => `, ${name} ${sizeText(bytes)}`).join("");
    return `asking ${counted(notaries.length, "log")}: ${done} responded${sizes}`;
  });
  try {
    const ask = async ([i, notary]: readonly [number, Notary]) => {
      const question = { dir, timeoutMs, body: body(notes[i] ?? []), received };
      const response = await askForPart(session, notary, question);
      done++;
      return { i, response };
    };
    const [loud, quiet] = [false, true].map((isSilent) =>
      [...notaries.entries()].filter(([, notary]) => silent.has(notary) === isSilent),
    );
    const both = await Promise.all([pooled(loud!, atOnce, ask), pooled(quiet!, manyAtOnce, ask)]);
    return both
      .flat()
      .toSorted((a, b) => a.i - b.i)
      .map(({ response }) => response);
  } finally {
    end();
  }
}

/** Regions that handovers in the parts name, and of which there is neither a part nor a lack. */
async function regionsElsewhere(parts: readonly Part[], accounted: readonly string[]): Promise<string[]> {
  const named = new Set<string>();
  for (const { file, name } of parts.filter(({ kind }) => kind === "bundle")) {
    const regions = await regionsHandedOver(file).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
      throw new Error(
        `the notary of ${name} responded with what is no evidence: ${error.message} [${error.code}]`,
      );
    });
    for (const found of regions) named.add(found);
  }
  return [...named].filter((region) => !accounted.includes(region));
}

function checkOrigins(parts: readonly Part[]): void {
  const byOrigin = new Map<string, string>();
  for (const { origin, name } of parts) {
    const other = byOrigin.get(origin);
    if (other !== undefined)
      throw new Error(`${other} and ${name} both respond as the log ${origin}: correct --notaries`);
    byOrigin.set(origin, name);
  }
}

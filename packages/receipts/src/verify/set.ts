import { maxParts } from "../bundle/form.ts";
import { type DeclaredLack, isLackReason } from "../bundle/set.ts";
import { isRegionTag } from "../claims.ts";
import { parseDecimal } from "../encoding.ts";
import { refuse } from "../refusals.ts";
import { type ProvedAbsence, readAbsence } from "./absence.ts";
import { Budget, type Limits } from "./budget.ts";
import type { Lines } from "./lines.ts";
import type { Request, VerifyOptions } from "./options.ts";
import { type Part, readPart } from "./part.ts";

/** Every part of the evidence, each verified by itself, all about and for the same. */
export interface EvidenceSet {
  readonly parts: readonly Part[];
  readonly absences: readonly ProvedAbsence[];
  readonly declared: readonly DeclaredLack[];
  readonly request: Request;
  /** Which limits did not suffice. */
  readonly beyond: readonly (keyof Limits)[];
}

/** A set, or a bundle alone, which is a set of one part. Nothing may follow. */
export async function readSet(lines: Lines, options: VerifyOptions): Promise<EvidenceSet> {
  const parts: Part[] = [];
  const absences: ProvedAbsence[] = [];
  const declared: DeclaredLack[] = [];
  const budget = new Budget(options.limits);
  let request: Request | undefined;
  let before = "";
  const addResponse = (origin: string, about: Request): void => {
    if (origin <= before) refuse("PARTS_ORDER", `the part of ${origin} stands after that of ${before}`);
    before = origin;
    request ??= about;
    const { tenant, audience, nonce } = request;
    if (about.tenant !== tenant || about.audience !== audience || about.nonce !== nonce)
      refuse("PARTS_DISAGREE", `the part of ${origin} is about or for another than the first`);
  };
  const bare = (await lines.peek()) !== "evidence";
  for (let left = bare ? 1 : await countOf(lines); left > 0; left--) {
    const kind = await lines.peek();
    if (!bare && kind === "l") declared.push(await readLack(lines, declared.at(-1)));
    else if (declared.length > 0) refuse("PARTS_ORDER", "what is lacking stands after every part");
    else if (!bare && kind === "n") {
      const absence = await readAbsence(lines, options);
      absences.push(absence);
      addResponse(absence.log.origin, absence.absence);
    } else {
      const part = await readPart(lines, options, budget);
      parts.push(part);
      addResponse(part.log.origin, part.predicate);
    }
  }
  await lines.end();
  return request === undefined
    ? refuse("EVIDENCE_EMPTY", "no log responded: this is evidence of nothing")
    : { parts, absences, declared, request, beyond: budget.beyond };
}

async function countOf(lines: Lines): Promise<number> {
  const { rest } = (await lines.next("evidence"))!;
  const count = parseDecimal(rest);
  if (count === undefined) return refuse("NUMBER_REFUSED", `"${rest}" is no number of parts`);
  if (count > maxParts) refuse("TOO_LONG", `a set has at most ${maxParts} parts`);
  return count;
}

async function readLack(lines: Lines, before: DeclaredLack | undefined): Promise<DeclaredLack> {
  const { rest } = (await lines.next("l"))!;
  const [region, reason, ...more] = rest.split(" ");
  if (!isRegionTag(region) || reason === undefined || !isLackReason(reason) || more.length > 0)
    return refuse("LINE_ORDER", "an l line has a region and a reason");
  if (region <= (before?.region ?? "")) refuse("PARTS_ORDER", "what is lacking stands by region, each once");
  return { region, reason };
}

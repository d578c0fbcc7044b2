import type {
  ApiResponse,
  Attempt,
  Outcome,
  OutOfScope,
  Request,
  Row,
  StrangersTry,
} from "@companyos/conformance";
import { rows } from "@companyos/conformance";
import { pinPolicyName } from "@companyos/crds";
import type { FailureCode } from "../codes/conformance.ts";

/** What a run of the corpus showed. `--output json` prints it as it is. */
export interface ConformanceResult {
  /** Nothing got through and no lawful twin was held up. */
  readonly holds: boolean;
  readonly tenant: string;
  readonly namespace: string;
  readonly home: string;
  readonly abroad: string;
  readonly seed: number;
  readonly attempts: number;
  /** Custom resources that the cluster serves and that were tried, such as `ray.io/v1 RayCluster`. */
  readonly customKinds: readonly string[];
  /** False: what a dry run refused was sent for real as well, and each refusal had to show a receipt. */
  readonly dryRun: boolean;
  readonly rows: readonly RowResult[];
  /** Rows of this command that no attempt of this run tried: nothing is said about them. */
  readonly untried: readonly string[];
  readonly failures: readonly Failure[];
  readonly outOfScope: OutOfScope;
  /** An AdmissionReview without credentials, straight to the webhook. */
  readonly stranger: StrangersTry;
}

export interface RowResult extends Pick<Row, "id" | "way"> {
  readonly attempts: number;
  readonly refused: number;
  /** Admitted, and made harmless by the pin. */
  readonly pinned: number;
  readonly twinsAdmitted: number;
  /** Webhooks and policies that responded. */
  readonly by: readonly string[];
}

export type { FailureCode } from "../codes/conformance.ts";

export interface Failure {
  readonly code: FailureCode;
  readonly rows: readonly string[];
  readonly title: string;
  /** What happened, and what to do about it. */
  readonly message: string;
  /** The API server's response, if it was not simply admitted. `answer` is its name in the JSON that people read. */
  readonly answer: string;
  readonly request: Request;
}

/** Everything that is wrong with what was tried, in the order of the attempts. */
export function failuresOf(outcomes: readonly Outcome[], receipts: boolean): Failure[] {
  const shownBy = new Map<string, Attempt>();
  return outcomes.flatMap((outcome) => {
    const { attempt, twin } = outcome;
    const { rows, title } = attempt;
    const problem = problemOf(outcome, receipts) ?? sharedReceipt(outcome, shownBy);
    const failures: Failure[] = problem
      ? [{ ...problem, rows, title, answer: outcome.message, request: attempt.unlawful }]
      : [];
    if (!twin.admitted)
      failures.push({
        code: "TWIN_REFUSED",
        rows,
        title,
        message: twin.refusal
          ? `its lawful twin was refused by ${twin.refusal.by}: see companyos status for what is missing`
          : `somebody else responded to its lawful twin with ${twin.status}: another policy, a quota or a limit range of the namespace`,
        answer: twin.message,
        request: attempt.lawful,
      });
    return failures;
  });
}

function problemOf(
  { attempt, verdict, refusal, held, status }: Outcome,
  receipts: boolean,
): Pick<Failure, "code" | "message"> | undefined {
  switch (verdict) {
    case "escaped":
      return {
        code: "ESCAPED",
        message: "nothing keeps it from running abroad: see companyos status for what is missing",
      };
    case "held":
      return {
        code: "ADMITTED_BUT_HELD",
        message: `it was admitted at apply time, where it should have been refused; it cannot get out (${held?.at} by ${held?.by.by}). See companyos status: is the webhook away?`,
      };
    case "unclear":
      return {
        code: "ANSWER_UNCLEAR",
        message: `somebody else responded with ${status}, so it says nothing: another policy, a quota or a limit range of the namespace`,
      };
    case "pinned":
      return undefined;
    case "refused":
      if (attempt.expected === "pinned")
        return {
          code: "PIN_MISSING",
          message: "it should have been pinned to the tenant's regions: is companyos-pin in force?",
        };
      return receipts && refusal?.receipt === undefined
        ? {
            code: "RECEIPT_MISSING",
            message: `it was refused by ${refusal?.by} without a receipt: is the webhook away, or its journal? See docs/operations.md`,
          }
        : undefined;
  }
}

/** No two attempts are the same one tried again: each refusal has a receipt that is its own. */
function sharedReceipt(
  { attempt, refusal }: Outcome,
  shownBy: Map<string, Attempt>,
): Pick<Failure, "code" | "message"> | undefined {
  if (refusal?.receipt === undefined) return undefined;
  const other = shownBy.get(refusal.receipt);
  shownBy.set(refusal.receipt, other ?? attempt);
  return (
    other && {
      code: "RECEIPT_SHARED",
      message: `its refusal was counted in the receipt of another attempt (${other.title}), which names that one alone`,
    }
  );
}

/** What an attempt starts from is lawful, so its refusal is a failure too. */
export function preparationFailures(refused: ReadonlyMap<Attempt, ApiResponse>): Failure[] {
  return [...refused].map(([{ rows, title, prepare }, { status, message }]) => ({
    code: "PREPARATION_REFUSED",
    rows,
    title,
    message: `what it starts from is lawful and got the response ${status}: is everything in force (companyos status), is there a quota?`,
    answer: message,
    request: prepare?.unlawful[0] as Request,
  }));
}

/** Row A1: a webhook that decides for strangers makes receipts of what never happened. */
export function strangerFailures(tried: StrangersTry): Failure[] {
  if (tried.verdict !== "answered") return [];
  return [
    {
      code: "STRANGER_ANSWERED",
      rows: ["A1"],
      title: "AdmissionReview without credentials",
      message: "the webhook is said to know the API server by its certificate, and decided without one",
      answer: tried.answer,
      request: tried.request,
    },
  ];
}

/** An attempt counts in every row that it tries. */
export function rowResults(outcomes: readonly Outcome[]): RowResult[] {
  return rows
    .filter(({ covered }) => covered === "corpus")
    .map(({ id, way }) => {
      const own = outcomes.filter(({ attempt }) => attempt.rows.some((row) => row === id));
      const count = (verdict: Outcome["verdict"]) => own.filter((one) => one.verdict === verdict).length;
      return {
        id,
        way,
        attempts: own.length,
        refused: count("refused"),
        pinned: count("pinned"),
        twinsAdmitted: own.filter(({ twin }) => twin.admitted).length,
        by: [...new Set(own.flatMap(answeredBy))].sort(),
      };
    });
}

/** A row without attempts holds nothing, and fails nothing. */
export const untriedRows = (results: readonly RowResult[]): string[] =>
  results.filter(({ attempts }) => attempts === 0).map(({ id }) => id);

function answeredBy({ verdict, refusal, held }: Outcome): string[] {
  if (verdict === "pinned") return [pinPolicyName];
  const by = refusal?.by ?? held?.by.by;
  return by ? [by] : [];
}

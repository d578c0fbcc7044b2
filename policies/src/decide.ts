/** From an admission request to a decision: its kind says where it would run, the Rego bundle decides. */
import { loadPolicy } from "@open-policy-agent/opa-wasm";
import { sha256Digest } from "./canonical.ts";
import { policyInput, type Subject } from "./input.ts";
import { placedKindAt } from "./kinds/find.ts";
import { type ReasonCode, reasonOf } from "./reasons/index.ts";
import type { DecideRequest } from "./request.ts";
import { isObject, own } from "./shape.ts";
import type { Decision, Placement, Verdict } from "./types.ts";

export interface Decider {
  /** `sha256:` + 64 hex digits over the compiled policy. */
  readonly policyDigest: string;
  /** Release of the policy bundle, such as `2.1.0-eu`. */
  readonly policyRevision: string;
  /**
   * Decides. Never throws: a fault inside is a block with DECISION_FAILED, and `onFault` is told what it was.
   * Synchronous; no I/O.
   */
  decide(request: DecideRequest, onFault?: (error: unknown) => void): Decision;
}

/** Entry points of the compiled policy. */
const decisionRule = "residency/decision";
const revisionRule = "residency/revision";
const verdicts: ReadonlySet<unknown> = new Set<Verdict>(["allow", "block", "warn", "audit"]);

/**
 * Makes a decider of the compiled policy (`policies/bundle/residency.wasm`; read it with `loadBundle` of
 * `@companyos/policies/bundle`).
 * @throws when the bytes are no such policy
 */
export async function createDecider(wasm: Uint8Array): Promise<Decider> {
  const policy = await loadPolicy(wasm as Uint8Array<ArrayBuffer>);
  const evaluate = (input: unknown, rule: string): unknown => {
    const results = policy.evaluate(input, rule) as unknown;
    return Array.isArray(results) && isObject(results[0]) ? own(results[0], "result") : undefined;
  };
  const revision = evaluate({}, revisionRule);
  if (typeof revision !== "string")
    throw new TypeError("not the compiled residency policy: it has no rule residency/revision");
  return {
    policyDigest: sha256Digest(wasm),
    policyRevision: revision,
    decide(request, onFault) {
      try {
        return decide(request, (input) => evaluate(input, decisionRule));
      } catch (error) {
        onFault?.(error);
        return decisionFor(request, "block", "DECISION_FAILED");
      }
    },
  };
}

function decide(request: DecideRequest, evaluate: (input: unknown) => unknown): Decision {
  const placed = placedKindAt(request.group, request.resource, request.subresource);
  if (!placed || (request.operation !== "CREATE" && request.operation !== "UPDATE"))
    return decisionFor(request, "allow", "NOT_A_PLACEMENT");
  const { object, topology } = request;
  if (!isObject(object)) return decisionFor(request, "block", "REQUEST_MALFORMED");
  const oldObject = isObject(request.oldObject) ? request.oldObject : undefined;

  const subject: Subject = {
    deleting: request.operation === "UPDATE" && isDeleting(object) && (!oldObject || isDeleting(oldObject)),
    changed:
      request.operation !== "UPDATE" || !oldObject || placed.placementChanged(object, oldObject, topology),
  };
  const looksAtPlacements = subject.changed && !subject.deleting;
  const placements: Placement[] = looksAtPlacements ? placed.read(object, oldObject, topology) : [];
  const decision = decisionOf(evaluate(policyInput(request, subject, placements)));
  if (decision === undefined) throw new TypeError("the compiled policy gave no decision");
  return decision;
}

function isDeleting(object: Record<string, unknown>): boolean {
  const metadata = own(object, "metadata");
  return isObject(metadata) && typeof own(metadata, "deletionTimestamp") === "string";
}

/** Checks what the policy returned; undefined when it is not a decision. */
function decisionOf(result: unknown): Decision | undefined {
  if (!isObject(result)) return undefined;
  const { verdict, reason, requested, allowed, field, raw, detail } = result;
  if (!verdicts.has(verdict) || typeof reason !== "string" || reasonOf(reason) === undefined)
    return undefined;
  if (!isStrings(requested) || !isStrings(allowed) || typeof field !== "string") return undefined;
  return {
    verdict: verdict as Verdict,
    reason,
    requested,
    allowed,
    field,
    ...(typeof raw === "string" ? { raw } : {}),
    ...(typeof detail === "string" ? { detail } : {}),
  };
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function decisionFor({ plan }: DecideRequest, verdict: Verdict, reason: ReasonCode): Decision {
  return { verdict, reason, requested: [], allowed: "regions" in plan ? plan.regions : [], field: "" };
}

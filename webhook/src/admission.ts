import type { Inventory } from "@companyos/inventory";
import type { Outbox } from "@companyos/outbox";
import { type Decision, type Plan, placedKindAt } from "@companyos/policies";
import type { Clock, Faults, Logger } from "@companyos/service";
import { uuidv7 } from "@companyos/service/uuidv7";
import { attemptKey, attemptOf, type RecordedVerdict } from "./attempt.ts";
import { type AdmissionDecision, type DecideOptions, decideRequest } from "./decide-request.ts";
import { admissionEvent } from "./event.ts";
import { inUseReason, inUseWarnings, ownKind } from "./in-use.ts";
import { type AdmissionMetrics, unknownTenant } from "./metrics.ts";
import { isRetry } from "./older.ts";
import type { RepeatWindows } from "./repeat-window.ts";
import { responding } from "./respond.ts";
import { type AdmissionResponse, allowed, warned } from "./response.ts";
import { createRetries } from "./retries.ts";
import type { AdmissionRequest } from "./review.ts";
import { unrecordedResponses } from "./unrecorded.ts";

export interface AdmissionOptions extends DecideOptions {
  readonly windows: RepeatWindows;
  readonly journal: Pick<Outbox, "append" | "unrecorded">;
  readonly metrics: AdmissionMetrics;
  readonly faults: Faults;
  readonly clock: Clock;
  readonly log: Logger;
  /** Name of this cluster, for receipts. */
  readonly cluster: string;
  /** URL of the folder with our pages, for people who are refused. */
  readonly docs?: string | undefined;
}

export interface Admission {
  /** Decides, and records what must be recorded before the response leaves. */
  decide(request: AdmissionRequest): Promise<AdmissionResponse>;
}

const defaultRepeatSeconds = 60;

/** The webhook without its wire: from a request to the response whose record is durable. */
export function createAdmission(options: AdmissionOptions): Admission {
  const { metrics, faults } = options;
  const unrecorded = unrecordedResponses(options);
  const retries = createRetries((event) => options.journal.append(event));
  const { respond } = responding(options.docs);

  async function decide(request: AdmissionRequest): Promise<AdmissionResponse> {
    const started = performance.now();
    try {
      if (ownKind(request)) return await ofOwnKind(request);
      const decided = decideOrDeny(request);
      const { verdict, reason } = decided.decision;
      if (!request.dryRun) metrics.responses.inc({ verdict, reason });
      return verdict === "allow" ? allowed(request.uid) : await notPlainlyAllowed(request, decided, verdict);
    } finally {
      if (!request.dryRun) metrics.latency.observe({ flow: "admission" }, performance.now() - started);
    }
  }

  /** What is ours to be told about is never refused, whatever goes wrong here. */
  async function ofOwnKind(request: AdmissionRequest): Promise<AdmissionResponse> {
    const warnings = await inUseWarnings(options.inventory, request, options).catch((error: unknown) => {
      metrics.faults.inc();
      faults("decision", error, { request: request.uid });
      return [];
    });
    const reason = warnings.length > 0 ? inUseReason : "NOT_A_PLACEMENT";
    if (!request.dryRun) metrics.responses.inc({ verdict: "allow", reason });
    return warnings.length > 0 ? warned(request.uid, warnings, { reason }) : allowed(request.uid);
  }

  /** Nothing is allowed on a fault of ours: the in-process policies would not know that it was one. */
  function decideOrDeny(request: AdmissionRequest): AdmissionDecision {
    const onFault = (error: unknown) => {
      metrics.faults.inc();
      faults("decision", error, { request: request.uid });
    };
    try {
      return decideRequest(options, request, onFault);
    } catch (error) {
      onFault(error);
      const decision: Decision = {
        verdict: "block",
        reason: "DECISION_FAILED",
        requested: [],
        allowed: [],
        field: "",
      };
      return { decision, plan: undefined, tenant: undefined };
    }
  }

  /** Denied, warned or audited. Dry runs are decided and leave no trace. */
  async function notPlainlyAllowed(
    request: AdmissionRequest,
    decided: AdmissionDecision,
    verdict: RecordedVerdict,
  ): Promise<AdmissionResponse> {
    if (request.dryRun) return respond(request, decided, verdict);
    const { plan, decision } = decided;
    const retry = verdict === "block" && plan !== undefined && isRetry(options.inventory, request, plan);
    if (retry) metrics.retried.inc({ tenant: plan.tenant });
    else if (verdict === "block") metrics.blocked.inc(blockLabels(request, decided, options.inventory));
    if (!plan) {
      // Without a plan there is no home region whose log could hold a receipt.
      metrics.unrecorded.inc({ reason: decision.reason });
      return respond(request, decided, verdict);
    }
    try {
      const receipt = await record(request, decision, plan, verdict, retry);
      return respond(request, decided, verdict, { receipt });
    } catch (error) {
      await unrecorded(request.uid, plan, verdict, error);
      return respond(request, decided, verdict, { unrecorded: true });
    }
  }

  function record(
    request: AdmissionRequest,
    decision: Decision,
    plan: Plan,
    verdict: RecordedVerdict,
    retry: boolean,
  ): Promise<string> {
    const { cluster, decider, clock } = options;
    const { policyDigest } = decider;
    const attempt = attemptOf({ cluster, request, verdict, decision, plan, policyDigest, retry });
    const event = () => {
      const at = clock.now();
      return admissionEvent({ rid: uuidv7(at), at, attempt, request });
    };
    return retry
      ? retries.record(attemptKey(attempt), event)
      : options.windows.record(attemptKey(attempt), repeatSeconds(plan), event);
  }

  /** The shortest window among the tenant's policies: whoever wants more receipts gets them. */
  function repeatSeconds(plan: Plan): number {
    const named = new Set(plan.policies);
    let shortest = Number.POSITIVE_INFINITY;
    for (const { metadata, spec } of options.inventory.policies()) {
      if (named.has(metadata.name))
        shortest = Math.min(shortest, spec.record?.repeatWindowSeconds ?? defaultRepeatSeconds);
    }
    return Number.isFinite(shortest) ? shortest : defaultRepeatSeconds;
  }

  return { decide };
}

/**
 * Every value from a closed list: what a request may say would be series without end. `to`: the Region asked for beyond
 * the allowed ones, `several` (their combinations are for the author to choose, and too many), or `unconstrained` or
 * `unknown` when there is none. `kind`: of the resource asked for, or `other`.
 */
function blockLabels(
  request: AdmissionRequest,
  { decision, plan, tenant }: AdmissionDecision,
  inventory: Pick<Inventory, "regions" | "tenant">,
): { tenant: string; from: string; to: string; kind: string } {
  const regions = new Set(inventory.regions().map(({ metadata }) => metadata.name));
  const registered = (region: string | undefined) =>
    region !== undefined && regions.has(region) ? region : "unknown";
  const beyond = decision.requested.filter((region) => !decision.allowed.includes(region));
  const none = decision.reason === "REGION_UNCONSTRAINED" ? "unconstrained" : "unknown";
  // What happens in a namespace of a former tenant of the name is nothing of the present one's.
  const itsOwn = decision.reason !== "NAMESPACE_NOT_ITS_TENANTS";
  return {
    tenant: tenant !== undefined && itsOwn && inventory.tenant(tenant) ? tenant : unknownTenant,
    // A Tenant may say any word as its home.
    from: registered(plan?.homeRegion),
    to: beyond.length > 1 ? "several" : beyond[0] === undefined ? none : registered(beyond[0]),
    kind: placedKindAt(request.group, request.resource, request.subresource)?.kind ?? "other",
  };
}

/** What somebody who asked is told: from a decision to the response with its explanation. */
import { explain } from "@companyos/policies";
import { kindOf, type RecordedVerdict } from "./attempt.ts";
import type { AdmissionDecision } from "./decide-request.ts";
import { nameOf } from "./generated-name.ts";
import { type AdmissionResponse, denied, warned } from "./response.ts";
import type { AdmissionRequest } from "./review.ts";

/** What became of the receipt. Neither: none was due. */
interface Recorded {
  readonly receipt?: string;
  /** The journal took none. */
  readonly unrecorded?: boolean;
}

const unavailable = "JOURNAL_UNAVAILABLE";
const notRecorded = `${unavailable}: no receipt could be made of this warning; it is counted, and a receipt will say how many there were`;

/** `docs`: URL of the folder with our pages. */
export function responding(docs: string | undefined) {
  return {
    /** To what is not plainly allowed. */
    respond(
      request: AdmissionRequest,
      decided: AdmissionDecision,
      verdict: RecordedVerdict,
      { receipt, unrecorded = false }: Recorded = {},
    ): AdmissionResponse {
      const { reason, requested, allowed } = decided.decision;
      const about = { requested: requested.join(","), allowed: allowed.join(",") };
      const id = receipt === undefined ? {} : { receipt };
      if (verdict === "block") {
        const message = explanation(request, decided, { ...id, unrecorded });
        return denied(request.uid, message, { reason: unrecorded ? unavailable : reason, ...about, ...id });
      }
      const message = explanation(request, decided, id);
      const annotations = { reason, ...about, ...id, ...(unrecorded ? { unrecorded: unavailable } : {}) };
      const warnings = unrecorded ? [message, notRecorded] : [message];
      return warned(request.uid, verdict === "warn" ? warnings : [], annotations);
    },
  };

  function explanation(
    request: AdmissionRequest,
    { decision, plan, tenant }: AdmissionDecision,
    { receipt, unrecorded }: Recorded,
  ): string {
    return explain(decision, {
      tenant,
      kind: kindOf(request),
      namespace: request.namespace,
      name: nameOf(request),
      mode: plan?.mode,
      policies: plan?.policies,
      receipt,
      unrecorded,
      dryRun: request.dryRun,
      docs,
    });
  }
}

import type { ReceiptEvent } from "@companyos/receipts";
import type { Increase } from "./account.ts";
import { isWebhook } from "./reading.ts";

/**
 * What the API server settled without the webhook: so many requests that it refused by one of our policies, or that
 * it let go on because the webhook gave no answer, and nothing of whose they were. For the log of `log`; every
 * region's log has them, and start of the process, name, `from` and `to` tell that they are the same. Pure.
 */
export function settledInProcess(options: {
  readonly rid: string;
  readonly at: number;
  readonly cluster: string;
  readonly log: string;
  readonly increase: Increase;
}): ReceiptEvent {
  const { rid, at, cluster, log, increase } = options;
  const { process, name, from, to } = increase;
  const what = isWebhook(name)
    ? ({ type: "admission.undecided", decision: "none", reason: "WEBHOOK_UNANSWERED" } as const)
    : ({ type: "admission.denied_in_process", decision: "block", reason: "DENIED_IN_PROCESS" } as const);
  return {
    rid,
    ...what,
    at,
    cluster,
    region: log,
    op: "none",
    kind: "none",
    requested: [],
    allowed: [],
    plan: null,
    policy: null,
    count: to - from,
    disclosable: {
      rid,
      cluster,
      ...(isWebhook(name) ? { name } : { policies: [name] }),
      details: {
        attributable: false,
        source: "counter",
        apiServerStarted: process === "0" ? null : new Date(Number(process) * 10).toISOString(),
        [isWebhook(name) ? "webhook" : "policy"]: name,
        from,
        to,
      },
    },
  };
}

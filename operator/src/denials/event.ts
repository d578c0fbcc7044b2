import { type ReceiptEvent, receiptEvent } from "@companyos/receipts";
import type { Increase } from "./account.ts";
import { isWebhook } from "./reading.ts";

/**
 * What the API server settled without the webhook: so many requests that it refused by one of our policies, or that
 * it let go on because the webhook did not respond, and nothing of whose they were. For the log of `log`; every
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
  const always = { rid, at, cluster, region: log, count: to - from };
  const details = {
    attributable: false,
    source: "counter",
    apiServerStarted: process === "0" ? null : new Date(Number(process) * 10).toISOString(),
    [isWebhook(name) ? "webhook" : "policy"]: name,
    from,
    to,
  };
  return isWebhook(name)
    ? receiptEvent("admission.undecided", { ...always, disclosable: { rid, cluster, name, details } })
    : receiptEvent("admission.denied_in_process", {
        ...always,
        disclosable: { rid, cluster, policies: [name], details },
      });
}

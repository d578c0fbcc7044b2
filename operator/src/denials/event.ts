import { type ReceiptEvent, receiptEvent } from "@companyos/receipts";
import type { Increase } from "./account.ts";
import { isWebhook } from "./reading.ts";

/**
 * What the API server decided without the webhook: a number of requests that one of our policies refused, or that went
 * on because the webhook did not respond. Whose they were is not known. The event is for the log of `log`. Every region's
 * log gets one; the start of the process, the name, `from` and `to` show that they are the same. Pure.
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

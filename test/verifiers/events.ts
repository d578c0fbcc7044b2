/** Events of many types, with texts that have gone wrong elsewhere. */

import { disclosureNames, type Json, type ReceiptEvent, type ReceiptType } from "@companyos/receipts";
import { uuidv7 } from "@companyos/service/uuidv7";

const types: readonly ReceiptType[] = [
  "admission.blocked",
  "admission.repeated",
  "admission.warned",
  "placement.observed",
  "placement.ended",
  "region.provisioned",
  "policy.changed",
];

const texts: readonly Json[] = [
  "web-0",
  "",
  null,
  'quotes " and \\ and ~ and . and /',
  "größer als 東京 🚆 \u2028 \u0000 \ud800",
  "x".repeat(20_000),
  ["system:authenticated", "dev"],
  { "app.kubernetes.io/name": "web", deep: { er: [1, 2.5, -0, 1e21, true, false, null] } },
];

/** The `n`th event: every third tenant-less, so that it goes into the log's own chain. */
export function eventOf(n: number): ReceiptEvent {
  const type = types[n % types.length]!;
  const blocks = type === "admission.blocked" || type === "admission.repeated";
  const at = Date.now();
  const names = disclosureNames[type].filter((name) => !["rid", "cluster", "tenant"].includes(name));
  return {
    rid: uuidv7(at),
    type,
    at,
    cluster: "one",
    region: "eu-west-1",
    ...(n % 3 === 2 ? {} : { tenant: { name: `tenant-${n % 5}`, uid: `uid-${n % 5}` } }),
    decision: blocks ? "block" : type === "admission.warned" ? "warn" : "none",
    reason: "REGION_NOT_ALLOWED",
    op: "CREATE",
    kind: "Pod",
    requested: ["us-east-1"],
    allowed: ["eu-west-1"],
    plan: null,
    policy: null,
    count: type === "admission.repeated" ? 1 + (n % 1000) : 1,
    disclosable: Object.fromEntries(names.map((name, i) => [name, texts[(n + i) % texts.length]!])),
  };
}

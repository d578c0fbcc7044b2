import { table } from "../table.ts";
import { counted } from "./at-stake.ts";
import type { Item } from "./run.ts";

export function printItems(items: readonly Item[]): void {
  if (items.length === 0) {
    console.log("every tenant's namespace belongs to a Tenant that exists");
    return;
  }
  const rows = items.map(({ namespace, formerTenant, formerUid, tenant, uid, state, objects }) => [
    namespace,
    formerTenant ?? "-",
    formerUid ?? "-",
    tenant ?? "-",
    uid ?? "-",
    ...counted.map(([plural]) => (objects ? String(objects[plural] ?? "?") : "-")),
    state,
  ]);
  const stakes = ["PODS", "SECRETS", "CONFIGMAPS", "CLAIMS"];
  console.log(table(["NAMESPACE", "FORMER TENANT", "FORMER UID", "TENANT", "UID", ...stakes, "STATE"], rows));
  printReasons(items);
}

export function printSummary(items: readonly Item[]): void {
  const count = (state: Item["state"]) => items.filter((item) => item.state === state).length;
  const parts = [
    `${count("adopted")} handed over`,
    `${count("waiting")} waiting`,
    `${count("refused")} refused`,
  ];
  console.log(`\n${parts.join(", ")}`);
  printReasons(items);
}

function printReasons(items: readonly Item[]): void {
  for (const { namespace, code, message } of items)
    if (message !== undefined) console.log(`${namespace}: ${message}${code ? ` [${code}]` : ""}`);
}

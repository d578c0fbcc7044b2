import { table } from "../table.ts";
import { say } from "../terminal.ts";
import { counted } from "./at-stake.ts";
import type { Item } from "./item.ts";
import { printProspect } from "./print-prospect.ts";

export function printItems(items: readonly Item[]): void {
  if (items.length === 0) {
    console.log("every namespace that a Tenant had or claims belongs to a Tenant that exists");
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
  const stakes = ["PODS", "SECRETS", "CONFIGMAPS", "CLAIMS", "ACCOUNTS", "BINDINGS"];
  console.log(table(["NAMESPACE", "FORMER TENANT", "FORMER UID", "TENANT", "UID", ...stakes, "STATE"], rows));
  printReasons(items);
  for (const item of items) if (item.prospect) printProspect(item, item.prospect);
  printRights(items);
}

/** What the new owners should know before they use the namespace. */
function printRights(items: readonly Item[]): void {
  for (const { namespace, objects, rights } of items) {
    if (objects === null) continue;
    if (rights === null)
      say(`${namespace}: you may not list its RoleBindings; those that are not the footprint's stay`);
    for (const { name, role, subjects, replaced } of rights ?? []) {
      const gives = `${role} to ${subjects.join(", ") || "nobody"}`;
      say(
        replaced
          ? `${namespace}: warning: RoleBinding ${name}, which gives ${gives}, does not stay: bindings of that name are the footprint's, for the Tenant's owners. What is to stay needs another name`
          : `${namespace}: warning: RoleBinding ${name} stays and gives ${gives}`,
      );
    }
    if ((objects.serviceaccounts ?? 0) > 1)
      say(`${namespace}: warning: its ServiceAccounts stay, and tokens of theirs that somebody has`);
  }
}

export function printSummary(items: readonly Item[]): void {
  const count = (state: Item["state"]) => items.filter((item) => item.state === state).length;
  const parts = [
    `${count("adopted")} handed over`,
    `${count("waiting")} waiting`,
    `${count("refused")} refused`,
    ...(count("unowned") > 0 ? [`${count("unowned")} left alone`] : []),
  ];
  console.log(`\n${parts.join(", ")}`);
  printReasons(items);
}

function printReasons(items: readonly Item[]): void {
  for (const { namespace, code, message } of items)
    if (message !== undefined) say(`${namespace}: ${message}${code ? ` [${code}]` : ""}`);
}

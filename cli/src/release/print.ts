import { counted } from "../adopt/at-stake.ts";
import { table } from "../table.ts";
import { say } from "../terminal.ts";
import type { Item } from "./item.ts";

export function printItems(items: readonly Item[]): void {
  if (items.length === 0) {
    console.log("every namespace that a Tenant had belongs to a Tenant that exists");
    return;
  }
  const rows = items.map(({ namespace, tenant, uid, living, state, objects }) => [
    namespace,
    tenant ?? "-",
    uid ?? "-",
    tenant === null ? "-" : living ? "exists" : "is gone",
    ...counted.map(([plural]) => (objects ? String(objects[plural] ?? "?") : "-")),
    state,
  ]);
  const stakes = ["PODS", "SECRETS", "CONFIGMAPS", "CLAIMS", "ACCOUNTS", "BINDINGS"];
  console.log(table(["NAMESPACE", "TENANT", "UID", "WHICH", ...stakes, "STATE"], rows));
  printReasons(items);
  for (const item of items) if (item.objects) printOutcome(item);
}

/** What becomes of it: nothing in it is deleted but what the operator made, and nothing holds it to regions any more. */
function printOutcome({ namespace, footprint, rights, pinned }: Item): void {
  say(`${namespace}: its regions are not enforced any more, and it belongs to no Tenant`);
  const goes =
    footprint === null ? "the footprint, which you may not list" : footprint.join(", ") || "nothing";
  say(`${namespace}: goes: ${goes}`);
  for (const { name, role, subjects, replaced } of rights ?? [])
    if (!replaced)
      say(`${namespace}: RoleBinding ${name} stays and gives ${role} to ${subjects.join(", ") || "nobody"}`);
  if (pinned === null) say(`${namespace}: which templates bear pins you may not list; they stay pinned`);
  else if (pinned > 0)
    say(
      `${namespace}: ${pinned} workload(s) stay pinned to regions of before: companyos unpin ${namespace} afterwards`,
    );
}

export function printSummary(items: readonly Item[]): void {
  const count = (state: Item["state"]) => items.filter((item) => item.state === state).length;
  console.log(`\n${count("released")} let go, ${count("waiting")} waiting, ${count("refused")} refused`);
  printReasons(items);
}

function printReasons(items: readonly Item[]): void {
  for (const { namespace, code, message } of items)
    if (message !== undefined) say(`${namespace}: ${message}${code ? ` [${code}]` : ""}`);
}

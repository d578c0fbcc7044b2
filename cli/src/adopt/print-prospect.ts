import { table } from "../table.ts";
import { say } from "../terminal.ts";
import type { Item } from "./item.ts";
import type { Affected, Outcome, Prospect } from "./prospect.ts";
import { quotaWarnings } from "./quota.ts";

const told: Record<Outcome, string> = {
  lawful: "stays as it is",
  pinned: "is pinned",
  refused: "REFUSED",
  recorded: "is recorded, and goes on",
  outside: "OUTSIDE",
  undecided: "not decided",
};

/** What lies in a namespace, where, and what the hand-over means for it. */
export function printProspect({ namespace, tenant }: Item, prospect: Prospect): void {
  const { mode, allowed, policies, workloads, volumes, gets, comes, clashes, quota, unread } = prospect;
  const unselected = mode === "Enforce" && policies.length === 0 && !unread.includes("ResidencyPolicy");
  const why = unselected ? " (no policy selects it: Enforce)" : "";
  const plan = tenant
    ? `Tenant ${tenant}: mode ${mode ?? "unknown"}${why}, may live in ${allowed.join(", ") || "no region"}`
    : "no Tenant";
  console.log();
  say(`${namespace}, for ${plan}`);
  const all = [...workloads, ...volumes];
  if (all.length === 0) console.log("nothing runs there, and it has no volumes");
  else
    console.log(
      table(
        ["KIND", "NAME", "PODS", "OUTSIDE", "REGIONS", "NODES", "THEN"],
        all.map((one) => row(one, mode)),
      ),
    );
  for (const { kind, name, message } of all) if (message) say(`${namespace}: ${kind} ${name}: ${message}`);
  for (const { kind, name, limits } of workloads)
    for (const why of limits)
      say(
        `${namespace}: warning: ${kind} ${name}: ${why}: what runs goes on, and its pods are not made anew. Change its template, or spec.limits of the Tenant, first`,
      );
  for (const { subject, role } of gets) say(`${namespace}: ${subject} gets ${role}`);
  for (const what of comes) say(`${namespace}: comes: ${what}`);
  for (const what of clashes)
    say(
      `${namespace}: warning: ${what} is written over: the footprint's has that name. Rename it to keep it`,
    );
  if (quota.length > 0)
    say(
      `${namespace}: of that quota is used now: ${quota.map(({ resource, used, hard }) => `${resource} ${used ?? "?"} of ${hard}`).join(", ")}`,
    );
  for (const warning of quotaWarnings(quota)) say(`${namespace}: warning: ${warning}`);
  if (unread.length > 0)
    say(`${namespace}: you may not list ${unread.join(", ")}: what is said above is without them`);
}

function row(
  { kind, name, pods, podsOutside, regions, nodes, outcome }: Affected,
  mode: Prospect["mode"],
): string[] {
  const rolled = outcome === "pinned" && mode === "Enforce" && kind !== "Job" ? " and rolled" : "";
  const some = nodes.length > 4 ? `${nodes.slice(0, 4).join(",")},…` : nodes.join(",");
  const isVolume = kind === "PersistentVolumeClaim";
  return [
    kind,
    name,
    isVolume ? "-" : String(pods),
    isVolume ? "-" : String(podsOutside),
    regions.join(",") || "-",
    some || "-",
    told[outcome] + rolled,
  ];
}

import type { OutOfScope, StrangersTry } from "@companyos/conformance";
import { counted } from "../plural.ts";
import { table } from "../table.ts";
import { say, tell } from "../terminal.ts";
import type { ConformanceResult, Failure } from "./result.ts";

/** So many failures are told one by one. */
const maxPrinted = 10;

export function printConformance(result: ConformanceResult): void {
  const { tenant, namespace, home, abroad, seed, attempts, dryRun, rows, failures } = result;
  console.log(
    `Tenant ${tenant}, namespace ${namespace}: at home in ${home}, attempts to reach ${abroad}. Seed ${seed}, ${
      dryRun ? "dry runs" : "real requests"
    }.\n`,
  );
  const cells = rows.map((row) => [
    row.id,
    row.way,
    row.attempts === 0 ? "none" : String(row.attempts),
    String(row.refused),
    String(row.pinned),
    String(row.twinsAdmitted),
    row.by.join(", ") || "-",
  ]);
  console.log(table(["ROW", "WAY PAST THE RULE", "ATTEMPTS", "REFUSED", "PINNED", "TWINS", "BY"], cells));
  console.log("\nTWINS: lawful twins admitted. An attempt counts in every row that it tries.");
  if (result.customKinds.length > 0)
    say(`Custom resources that the cluster serves, tried once each: ${result.customKinds.join(", ")}.`);
  if (failures.length > 0) printFailures(result);
  printStranger(result.stranger);
  printOutOfScope(result.outOfScope);
  const { untried } = result;
  if (untried.length > 0) {
    console.log();
    say(
      `NOT TRIED  ${untried.join(", ")}: no attempt of this run; nothing is said about them. Give more --attempts, or another --seed.`,
    );
  }
  console.log(
    failures.length === 0
      ? `\nAll ${attempts} ways past the rule hold, and their lawful twins are admitted.`
      : `\n${counted(failures.length, "failure")} in ${counted(attempts, "attempt")}.`,
  );
}

function printFailures({ failures, tenant, seed, attempts, customKinds, dryRun }: ConformanceResult): void {
  console.log("\nFAILURES");
  for (const { code, rows, title, message, answer } of failures.slice(0, maxPrinted)) {
    say(`  ${rows.join(", ")}  ${title} [${code}]`);
    say(`      ${message}`);
    if (answer) say(`      response: ${answer}`);
  }
  if (failures.length > maxPrinted) {
    console.log(`  and ${failures.length - maxPrinted} more (--output json shows all): ${tally(failures)}`);
  }
  const flags = `--tenant ${tenant} --seed ${seed} --attempts ${attempts - customKinds.length}${dryRun ? "" : " --receipts"}`;
  console.log(`  Repeat with: companyos conformance ${flags}`);
}

function tally(failures: readonly Failure[]): string {
  const counts = Object.entries(Object.groupBy(failures, ({ code }) => code));
  return counts.map(([code, all]) => `${all?.length ?? 0} ${code}`).join(", ");
}

function printStranger(stranger: StrangersTry): void {
  const said = {
    refused: "is refused",
    answered: "IS DECIDED",
    "not tried": stranger.verdict === "not tried" ? `was not tried: ${stranger.why}` : "",
  };
  tell(`\nA1  An AdmissionReview without credentials, straight to the webhook, ${said[stranger.verdict]}.`);
}

/** What happens in namespaces without a tenant. */
function setting({ action, tenant, except = [] }: OutOfScope["unclaimedSetting"]): string {
  if (action === "Ignore") return "Ignore: nothing is decided there";
  const never = `never in ${except.join(", ")}`;
  return action === "Deny"
    ? `Deny: nothing new runs there; ${never}`
    : `DefaultTenant: ${tenant} has them until they are claimed; ${never}`;
}

function printOutOfScope(scope: OutOfScope): void {
  console.log("\nOUT OF SCOPE");
  const told = (title: string, items: readonly string[]) => {
    if (items.length > 0) for (const line of [`  ${title}`, ...items.map((item) => `    ${item}`)]) say(line);
  };
  const row = ({ id, way }: { id: string; way: string }) => `${id.padEnd(4)}${way}`;
  told("Not installed:", scope.missing);
  told(
    "Namespaces in mode Enforce that a selector leaves out:",
    scope.gaps.map(({ namespace, by }) => `${namespace} (by ${by.join(", ")})`),
  );
  told(
    "Namespaces left out by name, in the selectors as they are installed:",
    scope.excluded.map(({ namespace }) => namespace),
  );
  told(
    `Namespaces that no tenant has (${setting(scope.unclaimedSetting)}):`,
    scope.unclaimed.length > 0 ? [scope.unclaimed.join(", ")] : [],
  );
  told(
    "Tenants' namespaces where nothing is prevented:",
    scope.notEnforced.map(({ namespace, mode }) => `${namespace} (mode ${mode})`),
  );
  told("Not looked at by this release:", scope.notYet.map(row));
  told("Tried by the project's own tests, not here (docs/conformance.md):", scope.elsewhere.map(row));
  told("Beyond any admission control:", scope.beyondAdmission);
}

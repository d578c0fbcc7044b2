import { table } from "../table.ts";
import { complain, say } from "../terminal.ts";
import type { CheckResult } from "./decide.ts";

export function printChecked(result: CheckResult): void {
  const { objects, faults } = result;
  if (objects.length > 0) {
    const rows = objects.map((object) => [
      object.verdict.toUpperCase(),
      object.reason,
      `${object.kind} ${object.namespace}/${object.name}`,
      `${object.file}#${object.document}`,
    ]);
    console.log(table(["VERDICT", "REASON", "OBJECT", "FILE"], rows));
  }
  for (const object of objects) {
    if (object.verdict !== "allow") {
      console.log();
      say(`${object.file}#${object.document}`);
      say(`  ${object.message}`);
    }
  }
  for (const { file, message } of faults) complain(`companyos: ${file}: ${message}`);
  const blocked = objects.filter(({ verdict }) => verdict === "block").length;
  if (objects.length > 0) console.log();
  console.log(
    `${objects.length} objects decided, ${blocked} blocked, ${result.passedOver} that place nothing for a tenant.`,
  );
  if (objects.length === 0 && result.passedOver > 0) {
    console.log(
      "No object lies in a tenant's namespace: are the Tenant, its policies and Regions among the files, or given with --with?",
    );
  }
}

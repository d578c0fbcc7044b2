import { createTwoFilesPatch } from "diff";
import { dump } from "js-yaml";
import { counted } from "../plural.ts";
import { table } from "../table.ts";
import { printable, printJson, say } from "../terminal.ts";
import { type Action, type Change, titleOf } from "./compare.ts";
import type { Previewed, PreviewFlags } from "./previewed.ts";

/** `enforce`: false where enforcing is switched off for the installation. */
export function printPreview(
  previewed: readonly Previewed[],
  enforce: boolean,
  { output, diff }: PreviewFlags,
): void {
  if (output === "json") printJson({ enforce, tenants: previewed });
  else if (output === "yaml") printManifests(previewed);
  else {
    if (!enforce)
      say(
        "enforcing is switched off for the installation (companyos.residency.enforce): every mode is Audit",
      );
    for (const one of previewed) printOne(one, diff === true);
  }
}

/** What would be applied, as a file that `kubectl` and schema checkers take. */
function printManifests(previewed: readonly Previewed[]): void {
  const wanted: readonly Action[] = ["create", "change", "same", "keep", "adopt"];
  for (const { changes } of previewed)
    for (const { action, object } of changes)
      if (wanted.includes(action)) console.log(`---\n${yaml(object)}`.trimEnd());
}

function printOne({ tenant, paused, plan, problems, changes }: Previewed, diff: boolean): void {
  if (plan) {
    const { homeRegion, regions, mode, policies } = plan;
    const where = regions.length > 0 ? regions.join(", ") : "no region is allowed: everything is refused";
    const by = policies.length > 0 ? `${mode}; by ${policies.join(", ")}` : `no policy selects it: ${mode}`;
    say(`tenant ${tenant}: home ${homeRegion}; regions ${where}; ${by}`);
  } else say(`tenant ${tenant}: no plan can be made`);
  if (paused && diff) say("  it is paused: nothing is written until spec.paused goes");
  for (const { code, message } of problems) say(`  warning: ${message} [${code}]`);
  if (changes.length > 0) {
    const rows = changes.map(({ action, object: { kind = "", metadata } }) => [
      ...(diff ? [action] : []),
      kind,
      metadata.namespace ?? "-",
      metadata.name ?? "",
    ]);
    console.log(table([...(diff ? ["ACTION"] : []), "KIND", "NAMESPACE", "NAME"], rows));
  }
  for (const change of changes) {
    if (change.note) say(`  ${change.action}: ${change.note}`);
  }
  if (diff) for (const change of changes) printDifference(change);
  console.log(summary(changes, diff));
}

/** Unified, as `kubectl diff` prints: what stands against what would. */
function printDifference({ action, object, live }: Change): void {
  if (!["create", "change", "delete", "adopt"].includes(action)) return;
  const [before, after] = [live ? yaml(live) : "", action === "delete" ? "" : yaml(object)];
  const title = titleOf(object);
  const patch = createTwoFilesPatch(`live ${title}`, `wanted ${title}`, before, after, undefined, undefined, {
    context: 3,
  });
  // Its first line is a rule over the two titles.
  console.log(patch.split("\n").slice(1).map(printable).join("\n").trimEnd());
}

function summary(changes: readonly Change[], diff: boolean): string {
  const count = (action: Action) => changes.filter((change) => change.action === action).length;
  if (!diff) return `${counted(count("create"), "object")}\n`;
  const words = [
    `${count("create")} to create`,
    `${count("change")} to change`,
    `${count("delete")} to delete`,
    `${count("same")} the same`,
    ...(count("adopt") > 0 ? [`${count("adopt")} handed over`] : []),
    ...(count("release") > 0 ? [`${count("release")} let go`] : []),
    ...(count("keep") > 0 ? [`${count("keep")} kept`] : []),
    ...(count("conflict") > 0 ? [`${count("conflict")} not this Tenant's`] : []),
  ];
  return `${words.join(", ")}\n`;
}

const yaml = (object: object): string => dump(object, { noRefs: true, lineWidth: -1, sortKeys: true });

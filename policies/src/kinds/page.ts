/** docs/placed-kinds.md, from the list of placed kinds. */

import { customKinds } from "../custom-kinds/index.ts";
import { resourcesOf } from "./find.ts";
import { placedKinds } from "./index.ts";
import type { Path, PlacedKind } from "./kind.ts";

export function placedKindsPage(): string {
  const parts = [
    "<!-- Generated from policies/src/kinds and policies/src/custom-kinds by `npm run generate`; do not edit. -->",
    "# Kinds that place something",
    "What the webhook is asked about in tenants' namespaces, and what `companyos check` decides. An update is looked at only where the field under *read from* changed. *Pinned on*: the API server itself adds the tenant's regions there, in mode `Enforce`. A node that is named is compared with the tenant's regions by the API server too.",
    [
      "| kind | posted to | scope | on | read from | pinned on | names a node in |",
      "| --- | --- | --- | --- | --- | --- | --- |",
      ...placedKinds.map(row),
    ].join("\n"),
    "## Custom resources",
    "Read by `companyos check`, and by the webhook where their CRD is installed: it is registered for them when the CRD comes, and no longer when it goes. Every pod spec in them is decided, `*` standing for each item of a list or member of a map. They are not pinned: the pods that their controllers make are.",
    [
      "| kind | group | versions | read from |",
      "| --- | --- | --- | --- |",
      ...customKinds.map(customRow),
    ].join("\n"),
  ];
  return `${parts.join("\n\n")}\n`;
}

function row(placed: PlacedKind): string {
  const { kind, group, versions, scope, operations, template, fields = [], pinnedOn = [], node } = placed;
  const where = versions.map((version) => (group === "" ? version : `${group}/${version}`)).join(", ");
  const read = [...(template ? [[...template.path, "spec"]] : []), ...fields];
  const names = node ? [node.path] : [];
  const list = (paths: readonly Path[]) => paths.map((path) => `\`${path.join(".")}\``).join(", ");
  const cells = [
    `\`${kind}\``,
    `${where}: ${resourcesOf(placed).join(", ")}`,
    scope,
    operations.join(", "),
    list(read.length > 0 ? read : names),
    pinnedOn.join(", "),
    list(names),
  ];
  return `| ${cells.join(" | ")} |`;
}

function customRow({ kind, group, versions, podSpecs = [] }: PlacedKind): string {
  const places = podSpecs.map((path) => `\`${path.join(".")}\``).join(", ");
  return `| \`${kind}\` | ${group} | ${versions.join(", ")} | ${places} |`;
}

import type { Schema, Setting } from "./settings.ts";

/** docs/values.md: every setting of the chart, with its default, what it takes and what values.yaml says of it. Pure. */
export function valuesPage(settings: readonly Setting[]): string {
  const top = settings.filter(({ path }) => !path.includes("."));
  const below = (group: Setting) => settings.filter(({ path }) => path.startsWith(`${group.path}.`));
  return `${[
    "<!-- Generated from charts/companyos/values.yaml by `npm run generate`; do not edit. -->",
    "# Values of the chart",
    'Every setting of [the chart](../charts/companyos/values.yaml), as `--set` takes it. What is not among them is refused, and so is a value that its schema does not take. A setting that is missing, or null, is at its default: an upgrade that [reuses values](upgrade.md) of an earlier release gets new settings by that. For none, say `""`, `[]`, or null for the entry of a map.',
    "## For everything",
    table(top.filter(({ isGroup }) => !isGroup)),
    ...top.filter(({ isGroup }) => isGroup).flatMap((group) => section(group, below(group))),
  ].join("\n\n")}\n`;
}

function section({ path, comment }: Setting, settings: readonly Setting[]): string[] {
  return [`## ${path}`, ...(comment === "" ? [] : [text(comment)]), table(settings)];
}

function table(settings: readonly Setting[]): string {
  const rows = settings.map(
    ({ path, isGroup, comment, schema, ...setting }) =>
      `| \`${path}\` | ${isGroup ? "" : code(shown(setting.default))} | ${isGroup ? "" : takes(schema)} | ${text(comment)} |`,
  );
  return ["| setting | default | takes | |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

const code = (words: string) => `\`${words.replaceAll("|", "\\|")}\``;
const text = (comment: string) => comment.replace(/[*|<]/g, "\\$&");

/** As one would write it on a line of YAML. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, its]) => `${key}: ${shown(its)}`);
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

function takes({ type, minimum, maximum, ...schema }: Schema): string {
  if (schema.enum) return schema.enum.map((one) => code(String(one))).join(", ");
  if (schema.anyOf) return schema.anyOf.map(takes).join(" or ");
  if (type === "boolean") return "`true`, `false`";
  if (type === "object") return "map";
  if (type === "array") return "list";
  const range = [...(minimum ? [`from ${minimum}`] : []), ...(maximum ? [`to ${maximum}`] : [])];
  return [type === "string" ? "text" : String(type), ...range].join(" ");
}

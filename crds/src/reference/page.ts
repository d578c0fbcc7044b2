import { dump } from "js-yaml";
import { crd } from "../crd.ts";
import { kinds, type ResidencyKind } from "../kinds.ts";
import { apiVersion, category } from "../names.ts";
import { conditionReasons } from "./conditions.ts";
import { examples } from "./examples.ts";
import { type Field, fieldsOf, rulesOf } from "./fields.ts";
import { words } from "./words.ts";

type Schema = Readonly<Record<string, unknown>>;

/** docs/resources.md: every field of every kind, from the schemas that the API server has. */
export function resourcesPage(): string {
  const parts = [
    "<!-- Generated from crds/src by `npm run generate`; do not edit. -->",
    "# Resources",
    `Every kind of \`${apiVersion}\`, cluster-scoped, from the schemas that the API server checks. \`kubectl explain tenant.spec\` prints the same; \`kubectl get ${category}\` lists all objects. Editors take the [JSON Schemas](../crds/schemas).`,
    table(
      ["kind", "short", "what it says"],
      kinds.map((kind) => [`[${kind.kind}](#${anchor(kind)})`, `\`${kind.short}\``, kind.description]),
    ),
    "## Words",
    table(
      ["word", "meaning"],
      words.map(({ word, meaning }) => [word, meaning]),
    ),
    ...kinds.flatMap(section),
  ];
  return `${parts.join("\n\n")}\n`;
}

const anchor = ({ kind }: ResidencyKind) => kind.toLowerCase();

function section(kind: ResidencyKind): string[] {
  const [served] = crd(kind).spec.versions;
  const whole = served!.schema.openAPIV3Schema as Schema & {
    readonly properties: { readonly spec: Schema; readonly status: Schema };
  };
  const { spec, status } = whole.properties;
  const rules = rulesOf(whole, "").concat(rulesOf(spec, "spec"));
  const reasons = conditionReasons.filter(({ kinds }) => kinds.includes(kind.kind));
  const name = kind.name === "label" ? "a DNS label, at most 63 characters" : "a DNS subdomain";
  return [
    `## ${kind.kind}`,
    `${kind.description} Its name is ${name}.`,
    ["```yaml", dump(examples[kind.kind], { lineWidth: 100, flowLevel: 4 }).trimEnd(), "```"].join("\n"),
    `### ${kind.kind}: spec`,
    fieldTable(fieldsOf(spec, "spec")),
    ...(rules.length === 0
      ? []
      : [
          "What the API server refuses besides:",
          unique(rules.map(({ path, message }) => `- ${path === "" ? "" : `\`${path}\`: `}${message}`)).join(
            "\n",
          ),
        ]),
    `### ${kind.kind}: status`,
    fieldTable(fieldsOf(status, "status")),
    ...(reasons.length === 0
      ? []
      : [
          `### ${kind.kind}: conditions`,
          table(
            ["condition", "reason", "state", "meaning", "what to do"],
            reasons.map(({ type, reason, state, meaning, fix }) => [
              type,
              `\`${reason}\``,
              state,
              meaning,
              fix,
            ]),
          ),
        ]),
    `### ${kind.kind}: columns of kubectl get`,
    table(
      ["column", "from", "what"],
      kind.columns.map(({ name, jsonPath, description, priority }) => [
        `${name.toUpperCase()}${priority === 1 ? " (`-o wide`)" : ""}`,
        `\`${jsonPath}\``,
        description,
      ]),
    ),
  ];
}

function fieldTable(fields: readonly Field[]): string {
  return table(
    ["field", "type", "default", "allowed", "what"],
    fields.map(({ path, required, type, default: value, limits, description }) => [
      `\`${path}\`${required ? " **required**" : ""}`,
      type,
      value === undefined ? "" : `\`${value}\``,
      limits.join("; "),
      description,
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

const unique = (lines: readonly string[]) => [...new Set(lines)];

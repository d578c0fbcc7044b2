import { dump } from "js-yaml";
import { valuesPage } from "./page.ts";
import { chartSchema, chartSettings, type Setting } from "./settings.ts";

const source = "Generated from charts/companyos/values.yaml by `npm run generate`. Do not edit.";

/** The chart's defaults stand in values.yaml; whoever else needs them has them from there. */
export async function generated(): Promise<{ path: string; content: string }[]> {
  const settings = await chartSettings();
  const defaults = defaultsOf(settings);
  return [
    { path: "docs/values.md", content: valuesPage(settings) },
    // Templates cannot read values.yaml, and an upgrade with --reuse-values puts that of another release there.
    {
      path: "charts/companyos/files/defaults.yaml",
      content: `# ${source}\n${dump(defaults, { flowLevel: 1, lineWidth: -1, quotingType: '"' })}`,
    },
    {
      path: "cli/src/chart/defaults.ts",
      content: `// ${source}\n/** What each setting of the chart is where nobody sets it, by its path as \`--set\` takes it. */\nexport const chartDefaults = {\n${literal(defaults)}\n} as const;\n`,
    },
    {
      path: "cli/src/chart/schema.ts",
      content: `// ${source.replace("values.yaml", "values.schema.json")}\n/** JSON Schema (2020-12) of the chart's values. */\nexport const chartSchema: object = ${lines(await chartSchema(), 2)};\n`,
    },
  ];
}

/** A line for each, so that a change of one shows as one. */
function literal(defaults: Readonly<Record<string, unknown>>): string {
  return Object.entries(defaults)
    .map(([path, value]) => `  ${JSON.stringify(path)}: ${JSON.stringify(value)},`)
    .join("\n");
}

/** JSON with a line for each member of its outer maps. */
function lines(value: unknown, depth: number): string {
  if (depth === 0 || typeof value !== "object" || value === null || Array.isArray(value))
    return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([key, one]) => `${JSON.stringify(key)}: ${lines(one, depth - 1)}`,
  );
  return `{\n${members.join(",\n")}\n}`;
}

/**
 * Settings by path. Amounts of `resources` are one setting: who takes its limits out means none, and not those of before.
 */
function defaultsOf(settings: readonly Setting[]): Record<string, unknown> {
  const wholes = settings.filter(({ path }) => path.endsWith(".resources")).map(({ path }) => path);
  return Object.fromEntries(
    settings
      .filter(({ path, isGroup }) => !isGroup || wholes.includes(path))
      .filter(({ path }) => !wholes.some((whole) => path.startsWith(`${whole}.`)))
      .map((setting) => [setting.path, setting.default]),
  );
}

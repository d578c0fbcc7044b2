import { dump } from "js-yaml";
import { valuesPage } from "./page.ts";
import { chartSettings, type Setting } from "./settings.ts";

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
      path: "cli/src/preflight/chart-defaults.ts",
      content: `// ${source}\n/** What each setting of the chart is where nobody sets it, by its path as \`--set\` takes it. */\nexport const chartDefaults = {\n${literal(defaults)}\n} as const;\n`,
    },
  ];
}

/** A line for each, so that a change of one shows as one. */
function literal(defaults: Readonly<Record<string, unknown>>): string {
  return Object.entries(defaults)
    .map(([path, value]) => `  ${JSON.stringify(path)}: ${JSON.stringify(value)},`)
    .join("\n");
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

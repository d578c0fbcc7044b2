/** Helm values of files, as Helm reads them. */
import { readFile } from "node:fs/promises";
import { parse, type Tags } from "yaml";
import { chartDefaults } from "./defaults.ts";

export interface GivenValues {
  /** Of all files, later ones over earlier ones. */
  readonly given: ValueMap;
  /** Over the chart's defaults. */
  readonly values: ValueMap;
  /** Files with the line that `helm get values` prints without `-o yaml`: passed over here, refused by Helm. */
  readonly headed: readonly string[];
}

type ValueMap = { readonly [key: string]: unknown };

/** Rejects for a file that cannot be read or is no map, and for values that Helm would refuse, `hint` behind them. */
export async function readValues(
  files: readonly string[],
  hint = "docs/values.md has the chart's values",
): Promise<GivenValues> {
  let given: ValueMap = {};
  const headed: string[] = [];
  for (const file of files) {
    const text = await readFile(file, "utf8");
    const plain = text.replace(heading, "");
    if (plain !== text) headed.push(file);
    given = merged(given, valuesIn(file, plain));
  }
  const values = over(given, defaultValues());
  // The library and the schema are loaded where there is something to hold to them.
  const refused = files.length === 0 ? [] : (await import("./refusals.ts")).refusals(values);
  if (refused.length > 0) throw new Error(`--values ${files.join(", ")}: ${[...refused, hint].join("\n  ")}`);
  return { given, values, headed };
}

const heading = /^\uFEFF?(COMPUTED|USER-SUPPLIED) VALUES:[ \t]*(\r?\n|$)/;

/** One file's. An empty one has none. */
function valuesIn(file: string, text: string): ValueMap {
  const values: unknown = parse(text, yaml);
  if (values === null || values === undefined) return {};
  if (!isMap(values)) throw new Error(`--values ${file}: it is no map of Helm values`);
  return values;
}

/** Helm reads YAML 1.1, in which a bare `NO` is no country, and takes a time for a text. */
const yaml = {
  version: "1.1",
  customTags: (tags: Tags) =>
    tags.filter(
      (tag) =>
        typeof tag === "string" || (tag.tag !== "tag:yaml.org,2002:timestamp" && tag.format !== "TIME"),
    ),
} as const;

/** A member of a map inside maps; undefined where anything on the way is none. */
export function at(values: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((inside, key) => (isMap(inside) ? inside[key] : undefined), values);
}

/** Maps are merged, everything else is replaced. */
function merged(before: ValueMap, after: ValueMap): ValueMap {
  const both = Object.entries(after).map(([key, value]) => {
    const there = before[key];
    return [key, isMap(there) && isMap(value) ? merged(there, value) : value];
  });
  return { ...before, ...Object.fromEntries(both) };
}

/** Given values over defaults: null takes a default out, and only a default. */
function over(given: ValueMap, defaults: ValueMap): ValueMap {
  const all = Object.entries({ ...defaults, ...given }).flatMap(([key, value]) => {
    const usual = defaults[key];
    if (value === null && usual !== undefined) return [];
    return [[key, isMap(value) && isMap(usual) && value !== usual ? over(value, usual) : value] as const];
  });
  return Object.fromEntries(all);
}

function defaultValues(): ValueMap {
  const all: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(chartDefaults)) {
    const steps = path.split(".");
    const last = steps.pop()!;
    let inside = all;
    for (const step of steps) {
      inside[step] ??= {};
      inside = inside[step] as Record<string, unknown>;
    }
    inside[last] = value;
  }
  return all;
}

function isMap(value: unknown): value is ValueMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

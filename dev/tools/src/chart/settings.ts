/** The chart's settings: their defaults and comments from values.yaml, their types from values.schema.json. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from "yaml";

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, unknown>>;
}

/** One line of values.yaml that somebody may set, or the group that it stands in. */
export interface Setting {
  /** As `--set` takes it: `webhook.callers.mode`. */
  readonly path: string;
  /** Its settings follow it, and its default is all of theirs. */
  readonly isGroup: boolean;
  readonly default: unknown;
  /** The comment above the line, its lines joined; "" where there is none. */
  readonly comment: string;
  /** With its $ref followed. */
  readonly schema: Schema;
}

const chart = join(import.meta.dirname, "..", "..", "..", "..", "charts", "companyos");

export async function chartSettings(): Promise<Setting[]> {
  const [values, schema] = await Promise.all([readFile(join(chart, "values.yaml"), "utf8"), chartSchema()]);
  return settingsOf(values, schema);
}

/** As Helm reads it. */
export async function chartSchema(): Promise<Schema> {
  return JSON.parse(await readFile(join(chart, "values.schema.json"), "utf8"));
}

/** In the order of the file. Throws for a line that the schema does not know: it would be refused as a default, too. Pure. */
export function settingsOf(
  values: string,
  schema: Schema & { readonly $defs?: Readonly<Record<string, Schema>> },
): Setting[] {
  const followed = (one: Schema): Schema =>
    one.$ref === undefined ? one : followed(schema.$defs![one.$ref.replace("#/$defs/", "")]!);

  const within = (map: YAMLMap, steps: readonly string[], { properties = {} }: Schema): Setting[] =>
    map.items.flatMap((pair, index) => {
      const key = keyOf(pair);
      const path = [...steps, key].join(".");
      const own = properties[key];
      if (own === undefined) throw new Error(`values.schema.json has no ${path}, which values.yaml has`);
      const its = followed(own);
      // The comment above the first line of a block is the block's, for the parser.
      const first = index === 0 && steps.length > 0 ? map.commentBefore : undefined;
      const setting = { path, comment: joined(first ?? commentOf(pair)), schema: its };
      const isGroup =
        isMap(pair.value) &&
        pair.value.items.length > 0 &&
        its.properties !== undefined &&
        its.patternProperties === undefined;
      const plain = isScalar(pair.value) ? pair.value.value : (pair.value as YAMLMap).toJSON();
      return [
        { ...setting, isGroup, default: plain },
        ...(isGroup ? within(pair.value as YAMLMap, [...steps, key], its) : []),
      ];
    });

  const { contents, errors } = parseDocument(values);
  if (errors.length > 0 || !isMap(contents)) throw errors[0] ?? new Error("values.yaml is no map");
  return within(contents, [], schema);
}

const keyOf = ({ key }: Pair) => String(isScalar(key) ? key.value : key);

function commentOf({ key }: Pair): string | undefined {
  // What an empty line divides from the comment above the key belongs to what stands before.
  return isScalar(key) ? (key.commentBefore ?? undefined)?.split(/\n\n+/).at(-1) : undefined;
}

function joined(comment = ""): string {
  return comment
    .split("\n")
    .map((line) => line.trim())
    .join(" ")
    .trim();
}

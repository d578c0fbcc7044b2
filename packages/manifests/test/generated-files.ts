/** Files as people, templating and accidents write them, from a seed: what is to be read as kubectl reads it. */
import { Random } from "@companyos/conformance/random";

export interface GeneratedFile {
  readonly extension: "yaml" | "yml" | "json";
  readonly content: Uint8Array;
}

/** The same files for the same seed. */
export function generatedFiles(seed: number, count: number): GeneratedFile[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, number) => generatedFile(random, number));
}

/** What YAML 1.1 makes of some of these is not what they look like. */
// biome-ignore format: lists of words
const scalars = [
  "eu-west-1", "us-east-1", "yes", "no", "on", "off", "y", "n", "Yes", "NO", "true", "True", "FALSE", "null", "Null", "~", "",
  "1", "-1", "+1", "0", "007", "0o7", "0x1F", "0b11", "1_000", "1:30", "190:20:30", "1.5", "1e3", "1E+3", ".5", "5.", "1.",
  "6.02e23", "9007199254740993", "18446744073709551616", "-9223372036854775809", "2001-12-14", "2001-12-14t21:59:43.10-05:00",
  "<<", "=", "a #b", "a#b", "#c", "a:b", "--", "...x", "''", '""', "'it''s'", '"a\\tb"', '"\\u00e9\\x41"', '"a: b"',
  "é", "日本", "a\u00a0b", "a\u2028b", "x".repeat(200), "0777", "08", "1__0", "0x", "1e", "0.1e-2", "-0", "-0.0", "1.0",
  "100000000000000000000000.0", "NaN", "inf", "0b2", "0o8", "- - a", "[a, b]", "{a: 1}", "a, b", "1,000", "a]", "a}b",
];

/** Some of these are errors wherever they stand, others only inside brackets. */
// biome-ignore format: lists of words
const wild = [
  "1e400", ".inf", "-.Inf", ".NaN", "+.inf", "!", "*", "&", "@x", "`x`", "%x", "a: b", "- a", "-", "---", "? x", ":", ": x", "[", "]",
  "{", "}", ",", "'", '"', '"\\ud83d\\ude00"', '"\\ud800"', "\u0085", "a\tb", "| x", "> y", '"\\q"', "'a\n  b'", '"a\n  b"', "a\n  b",
];

const tags = [
  "!!str ",
  "!!int ",
  "!!float ",
  "!!bool ",
  "!!null ",
  "!!binary ",
  "!!map ",
  "!!seq ",
  "!!set ",
  "!!timestamp ",
  "!!merge ",
  "!own ",
  "! ",
  "!<tag:yaml.org,2002:str> ",
  "!!omap ",
];
const keys = [
  "region",
  "zone",
  "a",
  "b",
  "c",
  "nodeSelector",
  "yes",
  "1",
  "1.5",
  "true",
  "a b",
  '"q"',
  "'s'",
  "2001-12-14",
  "0x10",
  "items",
  "é",
];
// None that is the same as one above once it is text: which of the two counts, kubectl does not say.
const oddKeys = ["[x]", "{x: 1}", "? x", "null", "~", "*a", "&k k"];

interface Scene {
  readonly random: Random;
  /** Names that an alias may call. */
  readonly anchors: string[];
  /** Those that stand for a map. */
  readonly maps: string[];
}

const scalar = (random: Random) => random.pick(random.chance(0.04) ? wild : scalars);

function generatedFile(random: Random, number: number): GeneratedFile {
  const make = random.pick([
    yamlStream,
    yamlStream,
    yamlStream,
    yamlStream,
    jsonStream,
    mixedStream,
    listFile,
  ]);
  const text = damaged(random, make(random, number));
  const extension = random.pick(["yaml", "yaml", "yml", "json"] as const);
  return { extension, content: encoded(random, text) };
}

function yamlStream(random: Random, number: number): string {
  const parts: string[] = random.chance(0.4) ? [separator(random)] : [];
  if (random.chance(0.05))
    parts.unshift(random.pick(["%YAML 1.1\n", "%TAG ! tag:x,2000:\n", "# comment\n", "\n\n"]));
  const count = 1 + random.below(3);
  for (let i = 0; i < count; i++) {
    if (i > 0) parts.push(separator(random));
    parts.push(
      random.chance(0.06)
        ? random.pick(["", "null\n", "# nothing\n", "words\n", "- a\n", "~\n"])
        : yamlObject(random, `f${number}-${i}`),
    );
  }
  return parts.join("");
}

function separator(random: Random): string {
  return random.chance(0.93)
    ? "---\n"
    : random.pick([
        "--- \n",
        "--- # note\n",
        "---\t\n",
        "----\n",
        "--- x\n",
        "...\n",
        "...\n---\n",
        "---\r\n",
        "---\n---\n",
        " ---\n",
        "--- !!map\n",
        "--- {}\n",
      ]);
}

function yamlObject(random: Random, name: string): string {
  const scene: Scene = { random, anchors: [], maps: [] };
  const lines = head(random, name);
  const fields = ["data", "spec", "binaryData", "x", "immutable"];
  for (let i = 1 + random.below(3); i > 0; i--) lines.push(`${random.pick(fields)}:${node(scene, 1)}`);
  return `${lines.join("\n")}\n`;
}

function head(random: Random, name: string): string[] {
  const [version, kind] = random.pick([
    ["v1", "ConfigMap"],
    ["v1", "ConfigMap"],
    ["apps/v1", "Deployment"],
    ["v1", "Pod"],
  ]);
  if (random.chance(0.1)) return [`{apiVersion: ${version}, kind: ${kind}, metadata: {name: ${name}}}`];
  return [`apiVersion: ${version}`, `kind: ${kind}`, "metadata:", `  name: ${name}`];
}

/** What stands behind `key:`, with the line ends inside it. */
function node(scene: Scene, depth: number): string {
  const { random, anchors, maps } = scene;
  if (anchors.length > 0 && random.chance(0.15)) return ` *${random.pick(anchors)}`;
  const tag = random.chance(0.05) ? random.pick(tags) : "";
  const called = random.chance(0.25) ? random.pick(["a", "b", "us", "eu", "x-1"]) : undefined;
  const kind = random.below(depth > 3 ? 3 : 7);
  const text = content(scene, depth, kind);
  // Known from here on: what contains itself is an error.
  if (called !== undefined) (kind >= 5 ? maps : anchors).push(called);
  if (called !== undefined && kind >= 5) anchors.push(called);
  return ` ${called === undefined ? "" : `&${called} `}${tag}${text}`;
}

function content(scene: Scene, depth: number, kind: number): string {
  const { random } = scene;
  if (kind <= 1) return scalar(random);
  if (kind === 2) return blockScalar(random, depth);
  if (kind === 3) return flow(scene, depth);
  if (kind > 4) return block(scene, depth);
  const indent = "  ".repeat(depth);
  const items = Array.from({ length: random.below(4) }, () => `\n${indent}-${node(scene, depth + 1)}`);
  return items.length > 0 ? items.join("") : "[]";
}

function block(scene: Scene, depth: number): string {
  const { random, anchors } = scene;
  const indent = "  ".repeat(depth);
  const lines: string[] = [];
  for (let i = 1 + random.below(4); i > 0; i--) {
    lines.push(
      random.chance(0.3) ? merge(random, anchors) : `${random.pick(keys)}:${node(scene, depth + 1)}`,
    );
    if (random.chance(0.05)) lines.push(random.pick(["# note", "? b", "\t", "- stray"]));
  }
  return lines.map((line) => `\n${indent}${line}`).join("");
}

const key = (random: Random) => random.pick(random.chance(0.05) ? oddKeys : keys);

function merge(random: Random, maps: readonly string[]): string {
  if (maps.length === 0 && random.chance(0.95)) return "<<: {region: us-east-1, b: 2}";
  const called = () => `*${maps.length > 0 ? random.pick(maps) : "nobody"}`;
  return random.pick([
    () => `<<: ${called()}`,
    () => `<<: [${called()}, ${called()}]`,
    () => "<<: {region: us-east-1, a: 1}",
    () => '"<<": {region: us-east-1}',
    () => "!!merge <<: {region: eu-west-1}",
    () => `? <<\n: ${called()}`,
    () => "<<: {<<: {a: inner}, a: outer}",
  ])();
}

function blockScalar(random: Random, depth: number): string {
  const indent = "  ".repeat(depth);
  const mark = random.chance(0.05)
    ? random.pick(["|9", ">x", "|2", ">1-"])
    : random.pick(["|", ">", "|-", ">-", "|+", ">+", "| # note"]);
  const lines = Array.from({ length: random.below(4) }, () =>
    random.pick(["a", "  b", "", "c: d", "# e", "a"]),
  );
  return `${mark}${lines.map((line) => `\n${indent}${line}`).join("")}`;
}

function flow(scene: Scene, depth: number): string {
  const { random, anchors, maps } = scene;
  const value = (): string => {
    if (anchors.length > 0 && random.chance(0.2)) return `*${random.pick(anchors)} `;
    return depth < 4 && random.chance(0.3) ? flow(scene, depth + 1) : scalar(random).replace(/[,[\]{}]/g, "");
  };
  const size = random.below(4);
  if (random.chance(0.5)) return `[${Array.from({ length: size }, value).join(random.pick([", ", ","]))}]`;
  const member = () => (random.chance(0.2) ? merge(random, maps) : `${key(random)}: ${value()}`);
  return `{${Array.from({ length: size }, member).join(", ")}}`;
}

function jsonObject(random: Random, name: string): string {
  const value = (depth: number): string => {
    if (depth < 3 && random.chance(0.3))
      return `{${Array.from({ length: random.below(3) }, () => `${JSON.stringify(random.pick(keys))}: ${value(depth + 1)}`).join(", ")}}`;
    return random.pick([
      "1",
      "1.0",
      "-0",
      "1e3",
      "1e400",
      "9007199254740993",
      "18446744073709551616",
      "true",
      "null",
      '"no"',
      '"\\ud800"',
      '"\\u0000"',
      "[]",
      "[1, {}]",
      '"a\\/b"',
      "01",
      "'x'",
      '"\t"',
      "undefined",
    ]);
  };
  const kind = random.pick(["ConfigMap", "Pod"]);
  const again = random.chance(0.1) ? ', "data": {"a": "first"}' : "";
  const odd = random.chance(0.05)
    ? random.pick([',"Kind": "Secret"', ', "items": null', ', "items": {}', ","])
    : "";
  return `{"apiVersion": "v1", "kind": "${kind}", "metadata": {"name": "${name}"}${again}, "data": ${value(0)}${odd}}`;
}

function jsonStream(random: Random, number: number): string {
  const objects = Array.from({ length: 1 + random.below(4) }, (_, i) =>
    jsonObject(random, `f${number}-${i}`),
  );
  const end = random.chance(0.15)
    ? random.pick(["\n---\n", "}", " x", "{", "\n# end\n", "[]", "null", "\u0000"])
    : "";
  return `${random.pick(["", "", "\n", "  ", " ".repeat(5000)])}${objects.join(random.pick(["", "\n", "\n---\n", " \t\n", "", "\n", random.chance(0.1) ? "," : ""]))}${end}`;
}

function mixedStream(random: Random, number: number): string {
  const parts = Array.from({ length: 2 + random.below(3) }, (_, i) =>
    random.chance(0.5) ? `${jsonObject(random, `f${number}-${i}`)}\n` : yamlObject(random, `f${number}-${i}`),
  );
  return parts.join(random.pick(["---\n", "---\n", "\n", ""]));
}

function listFile(random: Random, number: number): string {
  const item = (i: number) => {
    const scene: Scene = { random, anchors: [], maps: [] };
    const typed = random.chance(0.75) ? `apiVersion: v1\n  kind: ConfigMap\n  ` : "";
    return `- ${typed}metadata: {name: f${number}-${i}}\n  data:${node(scene, 2)}\n`;
  };
  const items = Array.from({ length: random.below(4) }, (_, i) =>
    random.chance(0.08)
      ? random.pick([
          "- 1\n",
          "- null\n",
          "- {}\n",
          "- kind: List\n  apiVersion: v1\n  items: []\n",
          "- [a]\n",
          "- apiVersion: v1\n",
        ])
      : item(i),
  );
  const kind = random.pick(["List", "List", "ConfigMapList", "ConfigMap", ""]);
  const content =
    items.length > 0
      ? `items:\n${items.join("")}`
      : random.pick(["items: []\n", "items:\n", "items: null\n", ""]);
  const after = random.chance(0.2) ? `---\n${yamlObject(random, `f${number}-z`)}` : "";
  return `apiVersion: v1\nkind: ${kind}\n${content}${after}`;
}

/** Some files are not what their author meant. What names the objects is left alone. */
function damaged(random: Random, text: string): string {
  if (random.chance(0.85)) return text;
  const lines = text.split("\n");
  const at = random.below(lines.length);
  const line = lines[at] as string;
  if (/apiVersion|kind|metadata|name/.test(line)) return text;
  const harm = random.pick([
    () => [],
    () => [line, line],
    () => [` ${line}`],
    () => [line.slice(1)],
    () => [line.slice(0, random.below(line.length + 1))],
    () => [
      `${line.slice(0, 3)}${random.pick([":", "\t", "{", "]", "'", '"', "\u0007", "\ufeff", "#", "\r", "&a ", "*a"])}${line.slice(3)}`,
    ],
  ]);
  lines.splice(at, 1, ...harm());
  return lines.join("\n");
}

function encoded(random: Random, text: string): Uint8Array {
  const ended = random.chance(0.1) ? text.replaceAll("\n", random.pick(["\r\n", "\r"])) : text;
  const little = Buffer.from(ended, "utf16le");
  const encodings = [
    () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(ended)]),
    () => Buffer.concat([Buffer.from([0xff, 0xfe]), little]),
    () => Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(little).swap16()]),
    () => little,
    () => Buffer.from(ended, "latin1"),
  ];
  return random.chance(0.15) ? random.pick(encodings)() : Buffer.from(ended);
}

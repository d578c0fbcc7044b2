import { expect, test } from "@jest/globals";
import {
  createReader,
  maxDepth,
  mostDocuments,
  mostTime,
  mostTotalTime,
  mostUnreadable,
} from "../src/index.ts";

const reader = await createReader();
const read = (file: string | Uint8Array) => [
  ...reader.read(typeof file === "string" ? Buffer.from(file) : file),
];
const objects = (file: string | Uint8Array) => read(file).flatMap(({ objects }) => objects);
const faults = (file: string | Uint8Array) =>
  read(file).flatMap(({ document, faults }) => faults.map(({ code, line }) => ({ document, code, line })));

const good = "apiVersion: v1\nkind: ConfigMap\n";
const selector = (lines: string) =>
  objects(`${good}us: &us {region: us-east-1}\neu: &eu {region: eu-west-1}\nselector:\n${lines}`)[0]
    ?.selector;

test("a merge key overwrites what stands before it, and not what stands after it", () => {
  expect(selector("  region: eu-west-1\n  <<: *us\n")).toEqual({ region: "us-east-1" });
  expect(selector("  <<: *us\n  region: eu-west-1\n")).toEqual({ region: "eu-west-1" });
});

test("of two merge keys in one map the last one counts, of a list of maps the first", () => {
  expect(selector("  <<: *eu\n  <<: *us\n")).toEqual({ region: "us-east-1" });
  expect(selector("  <<: [*eu, *us]\n")).toEqual({ region: "eu-west-1" });
});

test("scalars are those of YAML 1.1, and quoted ones are text", () => {
  const [read] = objects(`${good}a: no\nb: 0x10\nc: 010\nd: 1_000\ne: "no"\nf: ~\ng: 1e3\nh: on\n`);
  expect(read).toMatchObject({ a: false, b: 16, c: 8, d: 1000, e: "no", f: null, g: 1000, h: true });
});

test("streams of JSON are read with nothing, a line, or a separator between their objects", () => {
  const object = (name: string) =>
    JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } });
  for (const between of ["", "\n", "\n---\n"]) {
    const names = objects([object("a"), object("b"), object("c")].join(between)).map(
      ({ metadata }) => metadata.name,
    );
    expect({ between, names }).toEqual({ between, names: ["a", "b", "c"] });
  }
});

test("what follows JSON as YAML is read, and every document knows its line", () => {
  const file = `\n{"apiVersion": "v1", "kind": "A"}\n\n\n${good}---\n{"apiVersion": "v1", "kind": "B"}\n`;
  const lines = read(file).map(({ line, objects }) => [line, objects[0]?.kind]);
  expect(lines).toEqual([
    [2, "A"],
    [3, "ConfigMap"],
    [8, "B"],
  ]);
});

test("a byte order mark is no part of the text, and says when it is UTF-16", () => {
  const little = Buffer.from(good, "utf16le");
  const encodings = [
    Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(good)]),
    Buffer.concat([Buffer.from([0xff, 0xfe]), little]),
    Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(little).swap16()]),
  ];
  for (const file of encodings) expect(objects(file)).toEqual([{ apiVersion: "v1", kind: "ConfigMap" }]);
});

test("one broken document is refused with its place, and those around it are read", () => {
  const file = `${good}---\nkind: [\n---\n${good}---\nsome words\n---\nkind: A\n`;
  expect(objects(file)).toHaveLength(2);
  expect(faults(file)).toEqual([
    { document: 2, code: "DOCUMENT_MALFORMED", line: 4 },
    { document: 4, code: "DOCUMENT_NO_OBJECT", line: 9 },
    { document: 5, code: "DOCUMENT_NO_OBJECT", line: 11 },
  ]);
});

test("a separator with something behind it is no separator: kubectl refuses it", () => {
  expect(faults(`${good}--- x\n${good}`)).toEqual([{ document: 1, code: "DOCUMENT_MALFORMED", line: 1 }]);
  expect(objects(`${good}--- # note\n${good}`)).toHaveLength(2);
});

test("a list is opened, whose items may lean on its kind; one inside another is refused", () => {
  const list = `apiVersion: apps/v1\nkind: DeploymentList\nitems:\n- metadata: {name: a}\n`;
  expect(objects(list)).toEqual([{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "a" } }]);
  const inner = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: List\n  items: []\n---\n${good}`;
  expect(faults(inner)).toEqual([{ document: 1, code: "LIST_UNREADABLE", line: 1 }]);
  expect(objects(inner)).toHaveLength(1);
});

test("aliases that expand without end are refused, inside a list too, and what follows is read", () => {
  const names = [..."abcdefghij"];
  const grown = names
    .slice(1)
    .map((name, i) => `  ${name}: &${name} [${Array(9).fill(`*${names[i]}`).join(", ")}]\n`);
  const bomb = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  a: &a [lol]\n${grown.join("")}`;
  const file = `${bomb}---\n${good}`;
  expect(faults(file)).toEqual([{ document: 1, code: "DOCUMENT_TOO_LARGE", line: 1 }]);
  expect(objects(file)).toEqual([{ apiVersion: "v1", kind: "ConfigMap" }]);
});

test("few aliases of a long text are refused before they take the machine's memory", () => {
  const documents = read(
    `${good}a: &a ${"x".repeat(1e6)}\nb: [${Array(3000).fill("*a").join(",")}]\n---\n${good}`,
  );
  expect(documents).toMatchObject([
    { document: 1, objects: [], faults: [{ code: "DOCUMENT_TOO_LARGE", line: 1 }] },
    { document: 2, objects: [{ kind: "ConfigMap" }], faults: [] },
  ]);
});

test("a file is given up after a few documents that end their reader, at the place that is named", () => {
  const bomb = `${good}a: &a ${"x".repeat(1e5)}\nb: [${Array(30_000).fill("*a").join(",")}]\n`;
  const documents = read([good, ...Array(150).fill(bomb), good].join("---\n"));
  expect(documents.map(({ document, faults }) => [document, faults[0]?.code])).toEqual([
    [1, undefined],
    [2, "DOCUMENT_TOO_LARGE"],
    [3, "DOCUMENT_TOO_LARGE"],
    [4, "DOCUMENT_TOO_LARGE"],
    [5, "FILE_GIVEN_UP"],
  ]);
  expect(documents.at(-1)?.line).toBe(19);
  // What ended its reader is no end of the file where nothing follows.
  expect(faults([bomb, bomb, bomb].join("---\n")).map(({ code }) => code)).not.toContain("FILE_GIVEN_UP");
  expect(objects(good)).toHaveLength(1);
});

test("a file is given up whose documents are allowed one by one and grow too much together", async () => {
  const grown = `${good}a: &a ${"x".repeat(1e4)}\nb: [${Array(99).fill("*a").join(",")}]\n`;
  const small = await createReader({ mostJson: 4 * 1024 * 1024 });
  const documents = [...small.read(Buffer.from(Array(20).fill(grown).join("---\n")))];
  expect(documents.map(({ objects, faults }) => faults[0]?.code ?? objects.length)).toEqual([
    ...Array(5).fill(1),
    "FILE_GIVEN_UP",
  ]);
});

test("what aliases write out is counted without following them; one of what it stands in is kubectl's to refuse", () => {
  const lines = "  <<: *us\n  a: *us\n";
  expect(selector(lines)).toEqual({ region: "us-east-1", a: { region: "us-east-1" } });
  expect(faults(`${good}a: &a [*a]\n`)).toMatchObject([{ code: "DOCUMENT_MALFORMED" }]);
  // Stars and ampersands in a text are none.
  const text = `${"&a *a ".repeat(1e5)}`;
  expect(objects(`${good}a: "${text}"\n`)).toHaveLength(1);
  const twelve = `${good}a: &a ${"x".repeat(1e6)}\nb: [${Array(11).fill("*a").join(",")}]\n`;
  expect(objects(twelve)).toHaveLength(1);
});

test("brackets inside brackets have a limit, in YAML and in JSON", () => {
  const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
  expect(objects(`${good}a: ${nested(maxDepth - 1)}\n`)).toHaveLength(1);
  for (const depth of [maxDepth, 9_000, 200_000]) {
    const code = "DOCUMENT_TOO_DEEP";
    expect(faults(`${good}a: ${nested(depth)}\n---\n${good}`)).toMatchObject([{ document: 1, code }]);
    expect(objects(`${good}a: ${nested(depth)}\n---\n${good}`)).toHaveLength(1);
  }
  const json = `{"apiVersion": "v1", "kind": "A", "a": ${nested(9_000)}}`;
  expect(faults(json)).toMatchObject([{ code: "DOCUMENT_TOO_DEEP" }]);
});

test("members that are called as JavaScript's own are members like any other", () => {
  const [read] = objects('{"apiVersion": "v1", "kind": "A", "__proto__": {"a": 1}}');
  expect(Object.keys(read!)).toContain("__proto__");
});

test("a document that costs far more than it has bytes is refused unread, and the next one is read", () => {
  const lines = (count: number, line: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => line(i));
  const bombs = [
    `a: b\n...\n${lines(3000, (i) => `%TAG !e${i}! tag:x${i}`).join("\n")}`,
    lines(270_000, (i) => `k${i}: v`).join("\n"),
    `a: [${"[[]],".repeat(600_000)}]`,
  ];
  for (const bomb of bombs)
    expect(read(`${bomb}\n---\n${good}`)).toMatchObject([
      { faults: [{ code: "DOCUMENT_TOO_LARGE", line: 1 }] },
      { objects: [{ kind: "ConfigMap" }] },
    ]);
});

test("a file of countless documents is given up, those that cannot be read sooner", () => {
  const unreadable = faults(`${good}---\n${"{}\n---\n".repeat(1000)}`);
  expect(unreadable).toHaveLength(mostUnreadable + 1);
  expect(unreadable.at(-1)).toMatchObject({ document: mostUnreadable + 2, code: "FILE_GIVEN_UP" });
  expect(faults("{}\n".repeat(100_000))).toHaveLength(mostUnreadable + 1);
  expect(faults("# nothing\n---\n".repeat(mostDocuments + 10))).toEqual([
    expect.objectContaining({ document: mostDocuments + 1, code: "FILE_GIVEN_UP" }),
  ]);
});

test("a file whose time is over is given up at a document, and the next file is read", async () => {
  let time = 0;
  let step = 0;
  const slow = await createReader({ now: () => (time += step) });
  const all = (file: string) => [...slow.read(Buffer.from(file))];
  step = mostTime + 1;
  expect(all(`${good}---\n${good}`)).toMatchObject([{ faults: [{ code: "FILE_GIVEN_UP" }] }]);
  step = 0;
  expect(all(good)).toMatchObject([{ objects: [{ kind: "ConfigMap" }], faults: [] }]);
});

test("what all files cost together has a limit, too: each that comes then is given up at its begin", async () => {
  const text = `${good}a: ${"x".repeat(1e5)}\n`;
  const small = await createReader({ mostTotalJson: 150_000 });
  const codes = [text, text, good, good].map((file) =>
    [...small.read(Buffer.from(file))].map(({ objects, faults }) => faults[0]?.code ?? objects.length),
  );
  expect(codes).toEqual([[1], [1], ["FILE_GIVEN_UP"], ["FILE_GIVEN_UP"]]);
  let time = 1;
  const slow = await createReader({ now: () => time });
  for (let spent = 0; spent <= mostTotalTime; spent += mostTime) {
    const reading = slow.read(Buffer.from(good));
    expect(reading.next().value).toMatchObject({ objects: [{ kind: "ConfigMap" }] });
    time += mostTime;
    expect([...reading]).toEqual([]);
  }
  expect([...slow.read(Buffer.from(good))]).toMatchObject([{ faults: [{ code: "FILE_GIVEN_UP" }] }]);
});

test("a document that takes too long is ended while it is being read, and the next file is read", async () => {
  // Go takes a clock that says 0 for none.
  let time = 1;
  const hurried = await createReader({ now: () => time });
  const long = Buffer.from(`${good}${Array.from({ length: 200_000 }, (_, i) => `k${i}: v\n`).join("")}`);
  const reading = hurried.read(Buffer.concat([Buffer.from(`${good}---\n`), long]));
  expect(reading.next().value).toMatchObject({ document: 1, objects: [{ kind: "ConfigMap" }] });
  // From here the clock stands, so only what watches over the reading can end it.
  time = mostTime - 20;
  expect([...reading]).toMatchObject([{ document: 2, line: 4, faults: [{ code: "FILE_GIVEN_UP" }] }]);
  expect([...hurried.read(Buffer.from(good))]).toMatchObject([{ objects: [{ kind: "ConfigMap" }] }]);
});

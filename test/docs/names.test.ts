/** What a page names is there: anchors, verbs, flags, codes, metrics, settings of the chart. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "@jest/globals";
import { load } from "js-yaml";
import { anchorsOf, blocksOf, commandsOf, pages, proseOf, root, spansOf, textOf } from "./pages.ts";

const shells = new Set(["sh", "bash", "console"]);
const shellOf = (page: string) =>
  blocksOf(page)
    .filter(({ language }) => shells.has(language))
    .flatMap(commandsOf);

test("every link to a heading leads to one", () => {
  const links = pages.flatMap((page) =>
    [...proseOf(page).matchAll(/\]\(([^)\s#:]*)#([^)\s]+)\)/g)].map(([, target, anchor]) => ({
      page,
      target: target === "" ? page : normalize(join(dirname(page), target as string)),
      anchor: anchor as string,
    })),
  );
  expect(links.length).toBeGreaterThan(100);
  const wrong = links.filter(({ target, anchor }) => !anchorsOf(target).has(anchor));
  expect(wrong).toEqual([]);
});

/** Flags of each verb, as docs/cli.md has them, which is generated from the verbs. */
function verbs(): Map<string, Set<string>> {
  const known = new Map<string, Set<string>>();
  for (const section of textOf("docs/cli.md")
    .split(/^## companyos /m)
    .slice(1)) {
    const name = section.slice(0, section.indexOf("\n"));
    const flags = [...section.matchAll(/^\| `([^`]+)` \|/gm)].flatMap(
      ([, flag]) => (flag as string).match(/(?<![\w-])--?[a-z][\w-]*/g) ?? [],
    );
    known.set(name, new Set([...flags, "--help", "-h"]));
  }
  // What a checkout has besides: dev/product/src/verb.ts.
  const dev = readFileSync(join(root, "dev/product/src/verb.ts"), "utf8");
  known.set("dev", new Set([...dev.matchAll(/\.option\("(--[\w-]+)/g)].map(([, flag]) => flag as string)));
  known.set("notary", known.get("notary run") as Set<string>);
  return known;
}

/** `companyos …` up to where another command, or prose, begins. */
function calls(text: string): string[] {
  return [...text.matchAll(/(?:^|[\s(|;&<]|npx )companyos ((?:[^|;&)#\n]|(?<==)\|)*)/g)].map(([, call]) =>
    (call as string).trim(),
  );
}

test("every verb and flag that a page has in a command, or in a code span, is there", () => {
  const known = verbs();
  expect(known.size).toBeGreaterThan(12);
  const called = pages.flatMap((page) =>
    [...shellOf(page), ...spansOf(page).filter((span) => /^(npx )?companyos /.test(span))]
      .flatMap(calls)
      .map((call) => ({ page, call })),
  );
  expect(called.length).toBeGreaterThan(60);
  const wrong = called.flatMap(({ page, call }) => {
    const words = call.split(/\s+/);
    const two = words.slice(0, 2).join(" ");
    const verb = known.has(two) ? two : (words[0] as string);
    // An image of this name, a release of Helm, a folder.
    if (/[/:=.]/.test(verb) || verb.startsWith("-")) return [];
    const flags = known.get(verb);
    if (flags === undefined) {
      const isGroup = [...known.keys()].some((name) => name.startsWith(`${verb} `));
      return isGroup && words.length === 1 ? [] : [{ page, call, wrong: verb }];
    }
    return words
      .filter((word) => /^--?[a-z]/.test(word))
      .map((word) => word.replace(/=.*$/, ""))
      .filter((flag) => !flags.has(flag))
      .map((flag) => ({ page, call, wrong: flag }));
  });
  expect(wrong).toEqual([]);
});

const sources = globSync(
  [
    "{crds,policies,cdk8s,webhook,operator,notary,cli,dev,test}/**/*.{ts,rego,go}",
    "packages/**/*.ts",
    "charts/**/*.{yaml,tpl}",
    "Makefile",
  ],
  { cwd: root, exclude: ["**/node_modules/**", "test/docs/**"] },
).map((file) => readFileSync(join(root, file), "utf8"));

test("every code in capitals that a page has is one of the product's", () => {
  const known = new Set(sources.flatMap((text) => text.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g) ?? []));
  const named = pages.flatMap((page) =>
    spansOf(page)
      .filter((span) => /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(span))
      .map((code) => ({ page, code })),
  );
  expect(named.length).toBeGreaterThan(60);
  expect(named.filter(({ code }) => !known.has(code) && !foreign.has(code))).toEqual([]);
});
/** Of other people's programs. */
const foreign = new Set<string>([]);

test("every metric of ours that a page has is written by the product", () => {
  const known = new Set(sources.flatMap((text) => text.match(/\bresidency_[a-z_]+[a-z]\b/g) ?? []));
  const named = pages.flatMap((page) =>
    [...textOf(page).matchAll(/\bresidency_[a-z_]+[a-z]\b/g)].map(([name]) => ({ page, name })),
  );
  expect(named.length).toBeGreaterThan(40);
  // A histogram's series have more behind the name.
  const isKnown = (name: string) => known.has(name) || known.has(name.replace(/_(bucket|sum|count)$/, ""));
  expect(named.filter(({ name }) => !isKnown(name))).toEqual([]);
});

test("every setting of the chart that a page sets is one", () => {
  const values = load(readFileSync(join(root, "charts/companyos/values.yaml"), "utf8")) as object;
  const set = pages.flatMap((page) =>
    shellOf(page)
      .filter((command) => /\bhelm\b/.test(command))
      .flatMap((command) => [...command.matchAll(/--set(?:-file|-string)?[ =]'?([^\s']+|[^']*)/g)])
      .flatMap(([, settings]) => (settings as string).split(/,(?=[\w.-]+=)/))
      .map((setting) => ({ page, name: setting.replace(/=.*$/s, "") })),
  );
  expect(set.length).toBeGreaterThan(5);
  expect(set.filter(({ name }) => !isSetting(values, name.split(".")))).toEqual([]);
});

/** Below a map that is empty in values.yaml anything may be set. */
function isSetting(values: unknown, [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return true;
  if (typeof values !== "object" || values === null) return false;
  const map = values as Record<string, unknown>;
  if (Object.keys(map).length === 0) return true;
  return Object.hasOwn(map, first) && isSetting(map[first], rest);
}

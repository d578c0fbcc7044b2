/** Metrics, their labels, pages and paths of our processes: what a page, an alert, the dashboard or a message names is there. */
import { globSync } from "node:fs";
import { catalogue, metricsToCome } from "@companyos/service/catalogue";
import { expect, test } from "@jest/globals";
import { anchorsOf, pages, root, textOf } from "./pages.ts";

const files = (patterns: readonly string[]) =>
  globSync([...patterns], { cwd: root, exclude: ["**/node_modules/**"] });
/** What people read while they run the product: messages and comments of values too. */
const sources = files([
  "{crds,policies,cdk8s,webhook,operator,notary,cli}/src/**/*.{ts,rego}",
  "packages/**/src/**/*.ts",
  "dev/dashboards/src/*.ts",
]);
const installed = files(["charts/companyos/**/*.{yaml,json,tpl,txt}"]);
const read = [...pages, ...sources, ...installed];

/** Of `companyos verify --metrics-file`; the release's, of what is to come; prom-client's own. */
const others: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    ["valid", "complete", "outside", "unrecorded", "lost"].map((what) => [
      `residency_evidence_${what}`,
      ["tenant"],
    ]),
  ),
  ...metricsToCome,
  process_start_time_seconds: [],
};
/** Of what Prometheus adds, and of a histogram's series. */
const anybodys = ["job", "instance", "namespace", "pod", "le"];
const entries: Readonly<Record<string, { readonly labels: readonly string[] }>> = catalogue;
const labelsOf = (name: string): readonly string[] | undefined => {
  const plain = Object.hasOwn(entries, name) ? name : name.replace(/_(bucket|sum|count)$/, "");
  return Object.hasOwn(entries, plain) ? entries[plain]!.labels : others[plain];
};

/** A metric's name, then what its braces say. One that ends in `_` or `_*` stands for all that begin so. */
const naming =
  /\b((?:residency|flow_latency|tenants_bulk|tenant_storage|process_start)_[a-z_]*[a-z_])(\*|\$)?(\{[^}\n]*\})?/g;

test("every metric that is named is in the catalogue, with the labels that are named", () => {
  const named = read.flatMap((file) =>
    [...textOf(file).matchAll(naming)].map(([, name, family, braces]) => ({
      file,
      name: name!,
      family,
      braces,
    })),
  );
  expect(named.length).toBeGreaterThan(300);
  const all = [...Object.keys(entries), ...Object.keys(others)];
  const wrong = named.flatMap(({ file, name, family, braces }) => {
    if (family || name.endsWith("_"))
      return all.some((known) => known.startsWith(name)) || labelsOf(name)
        ? []
        : [{ file, wrong: `${name}*` }];
    const labels = labelsOf(name);
    if (!labels) return [{ file, wrong: name }];
    const asked =
      braces?.includes("$") && !braces.includes("=") ? [] : (braces ?? "").slice(1, -1).split(",");
    return asked
      .map((label) =>
        label
          .replace(/[=!~].*$/s, "")
          .replaceAll("\\", "")
          .trim(),
      )
      .filter((label) => /^\w+$/.test(label) && ![...labels, ...anybodys].includes(label))
      .map((label) => ({ file, wrong: `${name}{${label}}` }));
  });
  expect(wrong).toEqual([]);
});

test("every page that a message, a value or a rule names is there, with its heading", () => {
  const named = [...sources, ...installed].flatMap((file) =>
    [...textOf(file).matchAll(/\b((?:docs\/|runbooks\/)[\w/-]+\.md)(?:#([\w-]+))?/g)].map(
      ([, page, anchor]) => ({
        file,
        page: page!.startsWith("docs/") ? page! : `docs/${page}`,
        anchor,
      }),
    ),
  );
  expect(named.length).toBeGreaterThan(40);
  // What stands in capitals stands for any.
  const isThere = ({ page, anchor }: { page: string; anchor: string | undefined }) =>
    page === "docs/runbooks/ALERT.md" ||
    (pages.includes(page) && (anchor === undefined || anchorsOf(page).has(anchor)));
  expect(named.filter((one) => !isThere(one))).toEqual([]);
});

test("every path of our processes that a page names is one that they serve or keep", () => {
  const code = [...sources, ...installed].map(textOf).join("\n");
  const named = pages.flatMap((page) =>
    [
      ...textOf(page).matchAll(
        /(?<=[`\s'"(]|:\d+|proxy)(\/(?:v1|livez|readyz|metrics|admit|var\/lib\/companyos)\b[\w/-]*)/g,
      ),
    ].map(([, path]) => ({ page, path: path!.replace(/\/$/, "") })),
  );
  expect(named.length).toBeGreaterThan(20);
  // Folders below a volume are made by those who keep them there.
  const isThere = (path: string): boolean =>
    new RegExp(`${path}(?![\\w/-])`).test(code) ||
    (path.split("/").length > 5 && isThere(path.slice(0, path.lastIndexOf("/"))));
  expect(named.filter(({ path }) => !isThere(path))).toEqual([]);
});

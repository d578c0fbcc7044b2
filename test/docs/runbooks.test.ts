/** Whoever is woken by an alert finds its page: docs/runbooks, by the rules that the chart installs. */
import { basename } from "node:path";
import { expect, test } from "@jest/globals";
import { load } from "js-yaml";
import { pages as allPages, blocksOf, textOf } from "./pages.ts";

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly annotations: Record<string, string> }[];
  }[];
}

const rules = (load(textOf("charts/companyos/files/alerts.yaml")) as Rules).groups.flatMap(
  ({ rules }) => rules,
);
const index = "docs/runbooks/README.md";
const pages = allPages.filter((page) => page.startsWith("docs/runbooks/") && page !== index);
const sections = ["What it means", "Impact", "Look", "Mend", "When it ends", "Related"];

test("each alert has its page, and each page its alert", () => {
  expect(rules.length).toBeGreaterThan(20);
  expect(pages.map((page) => basename(page, ".md")).toSorted()).toEqual(
    rules.map(({ alert }) => alert).toSorted(),
  );
});

// That the chart puts a base before it: test/chart/monitoring.real.test.ts.
test("each rule names its page, by its path below docs/", () => {
  expect(rules.map(({ annotations }) => annotations.runbook)).toEqual(
    rules.map(({ alert }) => `runbooks/${alert}.md`),
  );
});

test.each(pages)(
  "%s is named for its alert, has each section once, in order, and a command to look with",
  (page) => {
    const headings = [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual([basename(page, ".md"), ...sections]);
    const lines = textOf(page).split("\n");
    const [from, to] = ["## Look", "## Mend"].map((heading) => lines.indexOf(heading));
    const look = blocksOf(page).filter(
      ({ language, line }) => language === "sh" && line > from! && line < to!,
    );
    expect(look.length).toBeGreaterThan(0);
  },
);

test("the index names every page once", () => {
  const named = [...textOf(index).matchAll(/\]\((\w+)\.md\)/g)].map(([, name]) => `docs/runbooks/${name}.md`);
  expect(named.toSorted()).toEqual(pages.toSorted());
});

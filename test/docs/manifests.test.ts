/** Manifests that pages show are ones that the API server would take, so that whoever copies one gets what the page says. */
import { apiVersion, kinds, unknownFields } from "@companyos/crds";
import { expect, test } from "@jest/globals";
import { loadAll } from "js-yaml";
import { blocksOf, pages } from "./pages.ts";

test("every whole manifest of ours in a page is valid, spelt right", () => {
  const shown = pages.flatMap((page) =>
    blocksOf(page)
      .filter(({ language }) => language === "yaml")
      .flatMap(({ text, line }) =>
        (loadAll(text) as ({ apiVersion?: string; kind?: string } | null)[])
          .filter((object) => object?.apiVersion === apiVersion)
          .map((object) => ({ at: `${page}:${line}`, object: object as { kind?: string } })),
      ),
  );
  expect(shown.length).toBeGreaterThan(5);
  const wrong = shown.flatMap(({ at, object }) => {
    const kind = kinds.find((one) => one.kind === object.kind);
    const issues = kind?.schema.safeParse(object).error?.issues ?? [];
    const unknown = kind ? unknownFields(kind, object) : ["kind"];
    return issues.length + unknown.length === 0 ? [] : [{ at, issues, unknown }];
  });
  expect(wrong).toEqual([]);
});

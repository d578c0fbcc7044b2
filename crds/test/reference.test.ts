import { expect, test } from "@jest/globals";
import { crd, kinds, unknownFields } from "../src/index.ts";
import { examples } from "../src/reference/examples.ts";
import { fieldsOf } from "../src/reference/fields.ts";
import { resourcesPage } from "../src/reference/page.ts";

const specOf = (kind: (typeof kinds)[number]) =>
  crd(kind).spec.versions[0]!.schema.openAPIV3Schema.properties.spec as Record<string, unknown>;

test.each(kinds)("the example of $kind is one that the API server would take, spelt right", (kind) => {
  expect(kind.schema.safeParse(examples[kind.kind]).error?.issues).toBeUndefined();
  expect(unknownFields(kind, examples[kind.kind])).toEqual([]);
});

test.each(kinds)("the example of $kind says every field that its spec has at the top", (kind) => {
  const fields = Object.keys(specOf(kind).properties as object);
  expect(Object.keys(examples[kind.kind].spec).toSorted()).toEqual(fields.toSorted());
});

test.each(kinds)("every field of $kind says what it is", (kind) => {
  const fields = fieldsOf(specOf(kind), "spec");
  expect(fields.length).toBeGreaterThan(3);
  expect(fields.filter(({ description }) => description === "").map(({ path }) => path)).toEqual([]);
});

test("defaults and allowed values stand beside their field", () => {
  const page = resourcesPage();
  expect(page).toMatch(/^\| `spec\.mode` \| string \| `"Enforce"` \| `Enforce`, `Warn`, `Audit` \|/m);
  expect(page).toMatch(/^\| `spec\.homeRegion` \*\*required\*\* \| string \| {2}\| 1 to 63 characters; /m);
  expect(page).toMatch(/^\| `spec\.owners\[\]\.name` \*\*required\*\* \|/m);
});

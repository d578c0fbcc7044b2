import { parseRegion } from "@companyos/crds";
import { isRegionTag } from "@companyos/receipts";
import { expect, test } from "@jest/globals";
import { isRegion } from "../src/service-flags.ts";

const names = [
  ...["eu-west-1", "e", "1", "eu--west", "a".repeat(62), "a".repeat(63)],
  ...["eu.west", "eu.1.west", "eu-.west", "unknown"],
  ...[
    "",
    "-eu",
    "eu-",
    ".eu",
    "eu.",
    "EU",
    "eu_west",
    "eu/west",
    "..",
    "eu west",
    "eü",
    "eu\n",
    "a".repeat(64),
  ],
];

test("the CLI and receipts take the same words for names of regions", () => {
  expect(names.filter(isRegion)).toEqual(names.filter(isRegionTag));
});

/** What a Region may be called is narrower: it is a DNS label, and no word that says that the region is not known. */
test("a Region's name is one that receipts can hold", () => {
  const named = (name: string) =>
    parseRegion({
      apiVersion: "residency.companyos.io/v1",
      kind: "Region",
      metadata: { name },
      spec: { jurisdiction: "EU" },
    }).ok;
  const possible = names.filter(named);
  expect(possible).toEqual(["eu-west-1", "e", "1", "eu--west", "a".repeat(62), "a".repeat(63)]);
  expect(possible.filter((name) => !isRegionTag(name))).toEqual([]);
});

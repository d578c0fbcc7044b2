import { expect, test } from "@jest/globals";
import { formerRegions } from "../src/tenants/former.ts";

const label = "residency.companyos.io/moved";
const annotation = "residency.companyos.io/former-regions";
const tenant = "residency.companyos.io/tenant";
const namespace = (allowed?: string, former?: string, labels: Record<string, string> = {}) => ({
  metadata: {
    labels: { ...(allowed === undefined ? {} : { [tenant]: "acme" }), ...labels },
    annotations: {
      ...(allowed === undefined ? {} : { "residency.companyos.io/allowed-regions": allowed }),
      ...(former === undefined ? {} : { [annotation]: former }),
    },
  },
});

test.each([
  ["a new namespace has none", null, ["a"], {}, {}],
  ["what is only added takes nothing away", namespace("a"), ["a", "b"], {}, {}],
  ["what was made while there was none leads nowhere", namespace(""), ["a"], { [label]: "true" }, {}],
  ["and goes on doing so while there is none", namespace(""), [""], {}, {}],
  ["what is taken away is remembered", namespace("a,b"), ["b"], { [label]: "true" }, { [annotation]: "a" }],
  [
    "what was taken before too, sorted",
    namespace("b", "c"),
    ["d"],
    { [label]: "true" },
    { [annotation]: "b,c" },
  ],
  ["what comes back is forgotten", namespace("b", "a"), ["a", "b"], {}, {}],
  [
    "the label stays while it is there",
    namespace("b", "a", { [label]: "true" }),
    ["b"],
    { [label]: "true" },
    { [annotation]: "a" },
  ],
  [
    "what was let go and comes to another Tenant has templates of before",
    namespace(undefined, "a,b"),
    ["b", "c"],
    { [label]: "true" },
    { [annotation]: "a" },
  ],
  ["what was let go and comes back to the same regions has none", namespace(undefined, "b"), ["b"], {}, {}],
  ["and is not put back once it was taken off", namespace("b", "a"), ["b"], {}, { [annotation]: "a" }],
])("%s", (_, live, allowed, labels, annotations) => {
  expect(formerRegions(live, allowed)).toEqual({ labels, annotations });
});

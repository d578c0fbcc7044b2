import { annotations, labels } from "@companyos/crds";
import { expect, test } from "@jest/globals";
import { awaitsEnd } from "../src/tenants/gone.ts";

const namespace = (uid: string | undefined, said: Record<string, string> = {}) => ({
  metadata: {
    name: "acme",
    labels: { [labels.tenant]: "acme", ...(uid === undefined ? {} : { [labels.tenantUid]: uid }) },
    annotations: said,
  },
});

test("a namespace is told once that its Tenant ended, and by uid: a word about another Tenant is none", () => {
  expect(awaitsEnd(namespace("1"))).toBe(true);
  expect(awaitsEnd(namespace("1", { [annotations.ended]: "0" }))).toBe(true);
  expect(awaitsEnd(namespace("1", { [annotations.ended]: "1" }))).toBe(false);
});

test("what nobody knows the owner of is not told, nor what the default tenant has by the setting", () => {
  expect(awaitsEnd({ metadata: { name: "free" } })).toBe(false);
  expect(awaitsEnd(namespace(undefined))).toBe(false);
  expect(awaitsEnd(namespace("orphaned"))).toBe(false);
  expect(awaitsEnd(namespace("1", { [annotations.assigned]: "default" }))).toBe(false);
});

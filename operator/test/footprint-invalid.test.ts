/** What is refused whole is not in force, and the status says so. */
import { expect, test } from "@jest/globals";
import { invalidFootprint } from "../src/tenants/health.ts";

test.each([
  [
    'ResourceQuota "companyos-quota" is invalid: spec.hard[podz]: Invalid value',
    "nothing of spec.quota is in force",
  ],
  ['LimitRange "companyos-limits" is invalid: default: Invalid value', "nothing of spec.limits is in force"],
  ["RoleBinding is invalid", "nothing of what it is made of is in force"],
])("%s", (message, said) => {
  const health = invalidFootprint(message);
  expect(health).toMatchObject({ state: "Stalled", reason: "FootprintInvalid" });
  expect(health.message).toContain(said);
  expect(health.message.endsWith(message)).toBe(true);
});

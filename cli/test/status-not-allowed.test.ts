import { expect, test } from "@jest/globals";
import { notAllowed } from "../src/status/not-allowed.ts";

test("an owner is given a command that can be run, however many Tenants they have", () => {
  expect(notAllowed("/apis/x", 403, ["acme", "beta", "gamma", "delta"])).toMatch(
    /^you may not read \/apis\/x.*: kubectl describe tenant acme beta gamma$/,
  );
});

test("who has no Tenant is told which ClusterRole to ask for", () => {
  expect(notAllowed("/apis/x", 403, [])).toMatch(/: ask for ClusterRole companyos-auditor$/);
});

test("who is not signed in is told so, and not that a right is missing", () => {
  const told = notAllowed("/apis/x", 401, []);
  expect(told).toMatch(/^nobody is signed in/);
  expect(told).not.toMatch(/companyos-auditor/);
});

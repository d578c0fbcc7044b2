import { expect, test } from "@jest/globals";
import { type Configuration, callerStatus } from "../src/status/caller.ts";

const both = (callers: string | undefined, ...policies: string[]): Configuration[] =>
  policies.map((failurePolicy) => ({
    metadata: { labels: callers ? { "residency.companyos.io/callers": callers } : {} },
    webhooks: [{ failurePolicy }],
  }));

test("each set-up says which attack remains", () => {
  expect(callerStatus(both("ClientCertificate", "Ignore", "Fail"), undefined)).toEqual({
    mode: "ClientCertificate",
    sound: true,
    detail: expect.stringContaining("who has its key"),
  });
  expect(callerStatus(both("SecretPath", "Ignore", "Ignore"), true).detail).toMatch(
    /may read the webhook configurations.*a NetworkPolicy limits/s,
  );
  expect(callerStatus(both("Unverified", "Ignore", "Ignore"), false).detail).toMatch(
    /whoever reaches the webhook's port.*no NetworkPolicy/s,
  );
});

test("a path is called no secret where an entry is Fail, because the API server tells users the URL", () => {
  expect(callerStatus(both("SecretPath", "Ignore", "Fail"), true)).toMatchObject({ sound: false });
  expect(callerStatus(both("Unverified", "Ignore", "Fail"), true)).toMatchObject({
    sound: true,
    detail: expect.stringContaining("a secret path is not used"),
  });
});

test("configurations that are missing, of an earlier version, or of two minds are not called sound", () => {
  for (const configurations of [
    [],
    both(undefined, "Ignore"),
    both("Invented", "Ignore"),
    [...both("SecretPath", "Ignore"), ...both("Unverified", "Ignore")],
  ])
    expect(callerStatus(configurations, true)).toMatchObject({ mode: "unknown", sound: false });
});

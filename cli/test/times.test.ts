import { expect, test } from "@jest/globals";
import { timeOf } from "../src/flag-values.ts";
import { companyos } from "./command.ts";

const now = Date.parse("2026-03-01T12:00:00.900Z");

test.each([
  ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"],
  ["2026-01-31T13:00:00.5+01:00", "2026-01-31T13:00:00.5+01:00"],
  ["90m", "2026-03-01T10:30:00Z"],
  ["2h30m", "2026-03-01T09:30:00Z"],
  ["7d", "2026-02-22T12:00:00Z"],
  ["1w", "2026-02-22T12:00:00Z"],
  ["0s", "2026-03-01T12:00:00Z"],
  ["999999999d", "1970-01-01T00:00:00Z"],
])("%s is the moment %s", (text, moment) => expect(timeOf("--since", text, now)).toBe(moment));

test.each(["", "2", "h", "-2h", "2 h", "2H", "1.5h", "yesterday", "2026-01-31"])("%j is no moment", (text) =>
  expect(() => timeOf("--since", text, now)).toThrow(/--since .*expected a time .* or how long ago/),
);

test("a period can begin so long ago, too", async () => {
  const words = ["--tenant", "acme", "--out", "x", "--kubeconfig", "no-such-file"];
  expect((await companyos("prove", ...words, "--from", "30d")).stderr).toContain("no-such-file");
  expect((await companyos("prove", ...words, "--from", "30")).stderr).toContain("how long ago");
});

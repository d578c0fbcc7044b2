import { expect, test } from "@jest/globals";
import { companyos } from "./command.ts";

const json = async (...words: string[]) => {
  const { code, stdout, stderr } = await companyos(...words);
  return { code, stderr, ...JSON.parse(stdout) };
};

test.each([
  ["verify", ["verify", "nothing-here", "--trust", "no-such-file", "--output", "json"]],
  ["verify, a flag that it lacks", ["verify", "nothing-here", "--output=json"]],
  ["conformance", ["conformance", "--tenant", "acme", "--kubeconfig", "no-such-file", "-o", "json"]],
  [
    "conformance, a flag that is wrong",
    ["conformance", "--tenant", "acme", "--attempts", "none", "-o", "json"],
  ],
  ["check", ["check", "-f", "-", "-f", "-", "--output", "json"]],
])("wrong use of %s prints JSON where JSON is asked for", async (_, words) => {
  const { code, stderr, error } = await json(...words);
  expect(code).toBe(2);
  expect(error).toEqual({ code: expect.stringMatching(/^[A-Z_]+$/), message: expect.stringMatching(/\w/) });
  expect(stderr).toContain(error.message.split("\n")[0]);
});

test("and nothing on standard output where it is not", async () => {
  const { code, stdout } = await companyos("verify", "nothing-here", "--trust", "no-such-file");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
});

import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, expect, test } from "@jest/globals";
import { kubeconfigFiles, kubeconfigsNamed } from "../src/kubeconfig.ts";

const there = [import.meta.filename, join(import.meta.dirname, "command.ts")];
const listed = (...files: string[]) => files.join(delimiter);

const before = process.env.KUBECONFIG;
afterEach(() => {
  if (before === undefined) delete process.env.KUBECONFIG;
  else process.env.KUBECONFIG = before;
});

test("an empty KUBECONFIG is as none, and what is given comes first", () => {
  process.env.KUBECONFIG = "";
  expect(kubeconfigFiles()).toEqual([join(homedir(), ".kube/config")]);
  process.env.KUBECONFIG = listed(...there);
  expect(kubeconfigFiles("given")).toEqual(["given"]);
});

test.each([
  ["", undefined],
  [delimiter, undefined],
  ["no-such-file", ["no-such-file"]],
  [listed("no-such-file", there[0]!), [there[0]]],
  [listed("", there[0]!, there[0]!), [there[0]]],
  [listed("no-such-file", "nor-this"), ["no-such-file"]],
  [listed(there[1]!, "no-such-file", there[0]!), [there[1], there[0]]],
])("of %j it is %j", (list, files) => {
  expect(kubeconfigsNamed(list)).toEqual(files);
});

/** Values of the chart are read and refused as Helm does; test/chart holds that to Helm itself. */
import { expect, test } from "@jest/globals";
import { at, readValues } from "../src/chart/read.ts";
import { addressesOrCidrs } from "../src/verbs/operator.ts";
import { temporaryFolder } from "./folder.ts";

const { file } = temporaryFolder("companyos-chart-values-");

const said = async (text: string) => {
  const path = await file("values.yaml", text);
  return readValues([path]).then(
    () => "",
    ({ message }: Error) => message.replace(path, "FILE"),
  );
};

test.each([
  [
    "a misspelt value",
    "webhook: { replica: 3 }",
    /FILE: webhook\.replica is no value of the chart \(did you mean replicas/,
  ],
  ["one at the wrong place", "enforce: false", /enforce is no value of the chart/],
  ["another type", "priorityClassName: 7", /priorityClassName is 7: it must be string/],
  ["a word that is not among those", "podUser: fixed", /podUser is "fixed": expected Fixed, Platform/],
  [
    "Norway",
    "notary: { jurisdictions: { no-1: NO } }",
    /notary\.jurisdictions\.no-1 is false: it must be string/,
  ],
  [
    "a condition of two values",
    "certificates: { provider: cert-manager }",
    /certificates\.issuerRef\.name is ""/,
  ],
  [
    "what the chart sets",
    "nodeSelector: { topology.kubernetes.io/region: x }",
    /is what the chart sets itself/,
  ],
  [
    "an address that is none",
    "isolation: { dns: { addresses: [10.0.0.300] } }",
    /isolation\.dns\.addresses\.0 is "10\.0\.0\.300"/,
  ],
  ["no replica", "webhook: { replicas: 0 }", /webhook\.replicas is 0: it must be >= 1/],
])("%s is refused by its path", async (_, text, message) => {
  expect(await said(text)).toMatch(message);
});

test("an address or CIDR is one by the schema where it is one for the operator", async () => {
  const right = [
    ...[
      "10.0.0.10",
      "0.0.0.0/0",
      "10.96.0.0/12",
      "255.255.255.255/32",
      "::",
      "::1",
      "fd00::a",
      "fd00:1:2::/48",
      "fe80::1/128",
    ],
    ...["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "1::8", "::2:3:4:5:6:7:8", "1:2::7:8", "::ffff:10.0.0.1"],
  ];
  const wrong = [
    ...[
      "10.0.0.300",
      "10.0.0",
      "10.0.0.1/33",
      "10.0.0.1/999",
      "010.0.0.1",
      "1:2",
      ":::",
      "1::2::3",
      "fd00::/129",
    ],
    ...["1:2:3:4:5:6:7:8:9", "g::1", "fd00::a/", "10.0.0.1/", ".", "12345::"],
  ];
  const isTaken = async (one: string) => (await said(`isolation: { dns: { addresses: ["${one}"] } }`)) === "";
  for (const one of right) expect([one, await isTaken(one), isOperators(one)]).toEqual([one, true, true]);
  for (const one of wrong) expect([one, await isTaken(one), isOperators(one)]).toEqual([one, false, false]);
});

/** Whether the flag `--dns-addresses` takes it. */
function isOperators(text: string): boolean {
  try {
    addressesOrCidrs(text);
    return true;
  } catch {
    return false;
  }
}

test("everything that is wrong is told at once, each value once", async () => {
  const text = "webhook: { replicas: none, timeoutSeconds: 0 }\npodUser: me\n";
  expect((await said(text)).split("\n")).toEqual([
    '--values FILE: podUser is "me": expected Fixed, Platform',
    '  webhook.replicas is "none": it must be integer',
    "  webhook.timeoutSeconds is 0: it must be >= 1",
    "  docs/values.md has the chart's values",
  ]);
});

test("null takes a default out, times and dates are texts, and maps of several files are merged", async () => {
  const first = await file("a.yaml", "podAnnotations: { at: 10:30, day: 2026-11-28, b: c }\nwebhook: null\n");
  const second = await file("b.yaml", "podAnnotations: { b: d }\npriorityClassName: null\n");
  const { values } = await readValues([first, second]);
  expect(at(values, "podAnnotations")).toEqual({ at: "10:30", day: "2026-11-28", b: "d" });
  expect(at(values, "priorityClassName")).toBeUndefined();
  expect(at(values, "operator.replicas")).toBe(1);
});

test.each([
  ["COMPUTED VALUES:\nwebhook: { replicas: 3 }\n", 3],
  ["USER-SUPPLIED VALUES:\r\nwebhook: { replicas: 3 }\r\n", 3],
  ["USER-SUPPLIED VALUES:\nnull\n", 2],
])("what `helm get values` prints above values without -o yaml is no value: %j", async (text, replicas) => {
  const path = await file("values.yaml", text);
  const { values, headed } = await readValues([path, await file("plain.yaml", "podUser: Platform\n")]);
  expect(at(values, "webhook.replicas")).toBe(replicas);
  expect(headed).toEqual([path]);
});

test("an empty file has no values, and a list is none", async () => {
  expect(await said("")).toBe("");
  expect(await said("- a\n")).toMatch(/it is no map of Helm values/);
});

/** What `companyos preflight` and `check` say of Helm values, Helm says too. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ensureTool } from "@companyos/cluster";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { readValues } from "companyos/values";

const chart = fileURLToPath(new URL("../../charts/companyos", import.meta.url));
let folder: string;
let helm: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "companyos-refused-values-"));
  helm = await ensureTool("helm", { onProgress: () => {} });
}, 600_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Paths that Helm names, as `--set` takes them; empty where it takes the values. */
async function byHelm(files: readonly string[]): Promise<string[]> {
  const values = files.flatMap((path) => ["--values", path]);
  const { stderr } = await promisify(execFile)(helm, ["lint", chart, "--quiet", ...values]).then(
    () => ({ stderr: "" }),
    ({ stdout, stderr }) => ({ stderr: `${stdout}${stderr}` }),
  );
  const named = [...stderr.matchAll(/^\s*- at '\/?([^']*)'/gm)].map(([, path = ""]) =>
    path.replaceAll("/", "."),
  );
  return [...new Set(named)];
}

const byUs = (files: readonly string[]): Promise<string> =>
  readValues(files).then(
    () => "",
    ({ message }: Error) => message,
  );

test.each<[string, string[], string[]]>([
  ["what is right", ["webhook: { replicas: 3 }"], []],
  ["what is not there", ["webhook: { replica: 3 }"], ["webhook"]],
  [
    "a country that YAML takes for no",
    ["notary: { jurisdictions: { no-1: NO } }"],
    ["notary.jurisdictions.no-1"],
  ],
  ["the same as a text", ['notary: { jurisdictions: { no-1: "NO" } }'], []],
  ["a condition", ["certificates: { provider: cert-manager }"], ["certificates.issuerRef.name"]],
  [
    "one that a second file meets",
    ["certificates: { provider: cert-manager }", "certificates: { issuerRef: { name: a } }"],
    [],
  ],
  ["null for a default", ["webhook: { replicas: null }\nnotary: null\npodUser: ~"], []],
  [
    "null for what has no default",
    ["operator: { resources: { limits: { cpu: null } } }"],
    ["operator.resources.limits.cpu"],
  ],
  [
    "null inside a map of one's own",
    ["podAnnotations: { a: null }\noperator: { affinity: { nodeAffinity: null } }"],
    ["podAnnotations.a", "operator.affinity.nodeAffinity"],
  ],
  ["a time that is a text", ["podAnnotations: { at: 10:30, on: 2026-11-28 }"], []],
  ["yes for true", ["companyos: { residency: { enforce: yes } }"], []],
  ["a number that is none", ["webhook: { replicas: 0x2 }"], []],
])("%s", async (name, texts, paths) => {
  const files = await Promise.all(
    texts.map(async (text, i) => {
      const path = join(folder, `${name.replaceAll(" ", "-")}-${i}.yaml`);
      await writeFile(path, text);
      return path;
    }),
  );
  const helms = await byHelm(files);
  const ours = await byUs(files);
  expect(helms.toSorted()).toEqual(paths.toSorted());
  expect({ isRefused: ours !== "", by: ours }).toEqual({ isRefused: paths.length > 0, by: ours });
  for (const path of paths) expect(ours).toContain(path);
});

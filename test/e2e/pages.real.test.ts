/**
 * What pages tell people to type works: each block marked `sh run` is run against a running product, in the order of its
 * page, first-steps.md first. `exit=1` says how the last command ends. Helm is asked for a dry run by the server.
 */
import { execFile, spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureTools } from "@companyos/cluster";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Block, blocksOf, pages, root } from "../docs/pages.ts";
import { type Api, openApi } from "../src/api.ts";
import { residency } from "../src/declare.ts";
import { listedReceipts } from "../src/evidence.ts";
import { type Product, startProduct } from "../src/product.ts";
import { until } from "../src/until.ts";

const first = "docs/first-steps.md";
const runnable = [first, ...pages.filter((page) => page !== first)]
  .flatMap(blocksOf)
  .filter(({ language, marks }) => language === "sh" && marks.includes("run"));
/** Files that pages have people write: a block of YAML whose first line is `# NAME.yaml`, perhaps with more behind it. */
const written = pages
  .flatMap(blocksOf)
  .filter(({ language }) => language === "yaml")
  .flatMap(({ text }) => {
    const name = /^# ([\w-]+\.yaml)\b/.exec(text)?.[1];
    return name === undefined ? [] : [{ name, text }];
  });
const commandMs = 120_000;

let product: Product;
let api: Api;
let folder: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  product = await startProduct();
  api = await openApi(product.dev.kubeconfig);
  folder = await mkdtemp(join(tmpdir(), "companyos-pages-"));
  const bin = join(folder, "bin");
  await mkdir(bin);
  const { kubectl, helm } = await ensureTools(["kubectl", "helm"]);
  const program = process.env.COMPANYOS_PROGRAM ?? join(root, "dev/product/bin/companyos.js");
  // What conformance finds is for conformance.real.test.ts: here it would be another corpus each time.
  await script(
    join(bin, "companyos"),
    `[ "$1" = conformance ] && set -- conformance --help\nexec '${process.execPath}' '${program}' "$@"`,
  );
  await script(join(bin, "kubectl"), `exec '${kubectl}' "$@"`);
  // A release of the product runs; what people would do to it is rendered and checked by the server, no more.
  await script(
    join(bin, "helm"),
    `case "$1" in upgrade) exec '${helm}' "$@" --dry-run=server >/dev/null ;; *) exec '${helm}' "$@" ;; esac`,
  );
  for (const name of ["examples", "charts", "crds"]) await symlink(join(root, name), join(folder, name));
  for (const { name, text } of written) await writeFile(join(folder, name), `${text}\n`);
  env = {
    ...process.env,
    PATH: `${bin}:${process.env.PATH}`,
    KUBECONFIG: product.dev.kubeconfig,
    COMPANYOS_DEV: join(product.stateDir, "dev.json"),
  };
}, 180_000);

afterAll(async () => {
  if (api) {
    for (const name of ["acme", "globex"]) await api.request("DELETE", `${residency}/tenants/${name}`);
    await api.request("DELETE", `${residency}/residencypolicies/eu-only`);
    const rbac = "/apis/rbac.authorization.k8s.io/v1";
    await api.request("DELETE", `${rbac}/clusterrolebindings/auditors`);
    await api.request("DELETE", `${rbac}/namespaces/companyos-system/rolebindings/auditors`);
    for (const name of ["acme", "globex"]) {
      await until(
        `${name} gone`,
        () => api.request("GET", `${residency}/tenants/${name}`),
        ({ status }) => status === 404,
      );
      await api.request("DELETE", `/api/v1/namespaces/${name}`);
    }
    await api.close();
  }
  await product?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
}, 180_000);

async function script(file: string, line: string): Promise<void> {
  await writeFile(file, `#!/bin/sh\n${line}\n`);
  await chmod(file, 0o755);
}

function run({ text }: Block): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env, timeout: commandMs, maxBuffer: 64 * 1024 * 1024 };
    execFile("bash", ["-euo", "pipefail", "-c", text], options, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === "number" ? error.code : -1) : 0;
      resolve({ code, output: `${stdout}${stderr}` });
    });
  });
}

/** Codes that the block says it may end with. */
const codesOf = ({ marks }: Block): number[] =>
  (marks.find((mark) => mark.startsWith("exit="))?.slice(5) ?? "0").split(",").map(Number);

test("there is something to run", () => {
  expect(runnable.length).toBeGreaterThan(18);
});

const named = runnable.map((block) => ({ ...block, name: `${block.page}:${block.line}` }));
/** What pages pipe into and this machine may lack. */
const lacking = ["jq"].filter((name) => spawnSync("sh", ["-c", `command -v ${name}`]).status !== 0);
const lacks = ({ text }: Block) => lacking.some((name) => new RegExp(`\\| *\\n? *${name}\\b`).test(text));
const left = named.filter(lacks);
if (left.length > 0) test.skip.each(left)("$name, for want of jq", () => {});

test.each(named.filter((block) => !lacks(block)))(
  "$name",
  async (block) => {
    // Receipts are on their way to the notary for a moment after the refusal that a reader has just seen.
    if (/companyos (receipts|prove)/.test(block.text))
      await until(
        "the receipts of acme",
        () => listedReceipts(product, "acme", "admission.blocked"),
        (listed) => listed.length > 0,
      );
    const { code, output } = await run(block);
    // Not by `expect`, whose difference of long texts shows neither.
    if (!codesOf(block).includes(code)) throw new Error(`${block.text}\n\nended with ${code}:\n${output}`);
  },
  commandMs + 60_000,
);

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Api, type ApiResponse, openApi } from "../src/api.ts";
import { declareRegions, residency, tenantReady } from "../src/declare.ts";
import { listedReceipts } from "../src/evidence.ts";
import { type CommandResult, type Product, startProduct } from "../src/product.ts";
import { until } from "../src/until.ts";

/** A tenant whose name had three lives in two logs: made, deleted and made again in the EU, moved to the US, deleted. */
const tenant = `nomad-${Date.now().toString(36)}`;
const [eu, us] = ["eu-west-1", "us-east-1"];
/** Refusals of each life. */
const refusals = [2, 3, 4];

let product: Product;
let api: Api;
let folder: string;
const uids: string[] = [];

beforeAll(async () => {
  product = await startProduct();
  api = await openApi(product.dev.kubeconfig);
  folder = await mkdtemp(join(tmpdir(), "companyos-e2e-evidence-"));
  await declareRegions(api);
  await live("EU", eu, us, refusals[0]!);
  await remove();
  await live("EU", eu, us, refusals[1]!);
  // The same Tenant, another home.
  await live("US", us, eu, refusals[2]!);
  await remove();
  await until(
    "everything to be on record in both logs",
    () => listedReceipts(product, tenant, "admission.blocked"),
    (listed) => listed.length === 9,
    { timeoutMs: 60_000 },
  );
  await until(
    "both logs to know of the move",
    () => listedReceipts(product, tenant, "tenant.handover"), // Two inside the log of the EU, and one in each log about the move.
    (listed) => listed.length === 4,
    { timeoutMs: 60_000 },
  );
}, 400_000);

afterAll(async () => {
  await api?.close();
  await product?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
}, 180_000);

async function apply(plural: string, kind: string, name: string, rest: object): Promise<void> {
  const path = `${residency}/${plural}/${name}?fieldManager=e2e&force=true`;
  const object = { apiVersion: "residency.companyos.io/v1", kind, ...rest };
  const { status, body } = await api.request("PATCH", path, object, "application/apply-patch+yaml");
  if (status > 201) throw new Error(`${kind} ${name}: ${status} ${JSON.stringify(body)}`);
}

/** The tenant at home in one region, and pods of it that are refused in the other. */
async function live(jurisdiction: string, home: string, abroad: string, count: number): Promise<void> {
  const labels = { "example.com/tenant": tenant };
  await apply("residencypolicies", "ResidencyPolicy", tenant, {
    metadata: { name: tenant },
    spec: {
      tenantSelector: { matchLabels: labels },
      allowed: { jurisdictions: [jurisdiction] },
      mode: "Enforce",
    },
  });
  await apply("tenants", "Tenant", tenant, {
    metadata: { name: tenant, labels },
    spec: { homeRegion: home, regions: [home], deletionPolicy: "Purge" },
  });
  await tenantReady(api, tenant, "Enforce", { refusing: false });
  const { metadata } = await until(
    `${home} to be its home in effect`,
    async () => (await api.request("GET", `${residency}/tenants/${tenant}`)).body,
    ({ status }) => status.homeRegion === home,
  );
  uids.push(metadata.uid);
  for (let i = 0; i < count; i++) {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: `abroad-${uids.length}-${i}` },
      spec: { nodeName: `${abroad}-0`, containers: [{ name: "main", image: "nginx:1.29" }] },
    };
    const path = `/api/v1/namespaces/${tenant}/pods`;
    const refused = ({ status: code, body }: ApiResponse) =>
      code === 403 && /CROSS_REGION/.test(body.message) && body.message.includes(`only run in ${home}`);
    // By dry runs, which leave nothing, and so many at once that they meet every replica of the webhook.
    await until(
      "every replica to know where the tenant lives, and the node",
      () => Promise.all(Array.from({ length: 8 }, () => api.request("POST", `${path}?dryRun=All`, pod))),
      (responses) => responses.every(refused),
      { timeoutMs: 60_000 },
    );
    const response = await api.request("POST", path, pod);
    if (!refused(response)) throw new Error(`not refused: ${response.status} ${response.body?.message}`);
  }
}

async function remove(): Promise<void> {
  for (const path of [`${residency}/tenants/${tenant}`, `/api/v1/namespaces/${tenant}`]) {
    await until(
      `${path} gone`,
      async () => {
        await api.request("DELETE", path);
        return api.request("GET", path);
      },
      ({ status }) => status === 404,
      { timeoutMs: 60_000 },
    );
  }
}

interface Verified {
  readonly valid: boolean;
  readonly complete: boolean;
  readonly lacks: { code: string; region?: string }[];
  readonly covers: { blocks: number };
}

let files = 0;

/** Proves with these flags, then verifies. */
async function evidence(
  ...flags: string[]
): Promise<{ proved: CommandResult; code: number; verdict: Verified }> {
  const file = join(folder, `evidence-${files++}`);
  const proved = await product.companyos("prove", "--tenant", tenant, "--out", file, ...flags);
  const verify = ["verify", file, "--trust", product.dev.trust, "--tenant", tenant, "--output", "json"];
  const { code, stdout, stderr } = await product.companyos(...verify);
  expect(stderr).toBe("");
  return { proved, code, verdict: JSON.parse(stdout) as Verified };
}

const all = refusals.reduce((sum, count) => sum + count, 0);

test("a tenant that is gone, and was made again and moved before, is proved whole: every life, every log", async () => {
  const { proved, code, verdict } = await evidence();
  expect(proved).toMatchObject({ code: 0, stderr: "" });
  expect({ code, ...verdict }).toMatchObject({
    code: 0,
    valid: true,
    complete: true,
    lacks: [],
    covers: { blocks: all },
  });
  expect(new Set(uids).size).toBe(2);
});

describe("a log that is not heard", () => {
  test("leaves the evidence incomplete, and it says which and why: its notary has stopped", async () => {
    const notary = product.dev.pods.find(({ name }) => name.includes(`notary-${us}`));
    process.kill(notary!.pid, "SIGSTOP");
    try {
      const { proved, code, verdict } = await evidence("--timeout", "2");
      expect({ code: proved.code, stderr: proved.stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(/INCOMPLETE +us-east-1 .*in time/),
      });
      expect({ code, ...verdict }).toMatchObject({ code: 1, valid: true, complete: false });
      expect(verdict.covers.blocks).toBe(refusals[0]! + refusals[1]!);
      expect(verdict.lacks).toContainEqual(expect.objectContaining({ region: us }));
    } finally {
      process.kill(notary!.pid, "SIGCONT");
    }
  }, 120_000);

  test("is missed by name though it was taken out of the notaries: a handover tells", async () => {
    const url = product.dev.notaries.find(({ region }) => region === eu)!.url;
    const { proved, code, verdict } = await evidence("--notaries", `${eu}=${url}`);
    expect(proved).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/INCOMPLETE +us-east-1 .*handover/),
    });
    expect({ code, ...verdict }).toMatchObject({ code: 1, valid: true, complete: false });
  });

  test("is left out on purpose by --log, which is no failure, and no complete evidence either", async () => {
    const { proved, code, verdict } = await evidence("--log", us!);
    expect(proved).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/INCOMPLETE +eu-west-1 was not asked/),
    });
    expect({ code, ...verdict }).toMatchObject({ code: 1, valid: true, complete: false });
    expect(verdict.covers.blocks).toBe(refusals[2]);
  });
});

test("receipts are listed from every log, or from one", async () => {
  const list = async (...flags: string[]) => {
    const { code, stdout } = await product.companyos(
      ...[
        "receipts",
        "list",
        "--tenant",
        tenant,
        "--type",
        "admission.blocked",
        "--output",
        "json",
        ...flags,
      ],
    );
    expect(code).toBe(0);
    const { receipts } = JSON.parse(stdout) as { receipts: { region: string; uid: string }[] };
    return receipts.map(({ region, uid }) => `${region} ${uids.indexOf(uid)}`);
  };
  const inEu = [...Array(2).fill(`${eu} 0`), ...Array(3).fill(`${eu} 1`)];
  const inUs = Array(4).fill(`${us} 1`);
  expect(await list()).toEqual([...inEu, ...inUs]);
  expect(await list("--log", eu!)).toEqual(inEu);
  expect(await list("--log", us!)).toEqual(inUs);
});

test("a notary that is given under another region's name is told, by every verb, and nothing is called by a wrong name", async () => {
  const url = (of: string) => product.dev.notaries.find(({ region }) => region === of)!.url;
  const out = join(folder, "swapped");
  for (const notaries of [`${eu}=${url(us!)},${us}=${url(eu!)}`, `${eu}=${url(eu!)},foo=${url(us!)}`]) {
    for (const words of [
      ["prove", "--tenant", tenant, "--out", out],
      ["receipts", "list", "--tenant", tenant],
      ["trust", "init", "--out", out],
    ]) {
      const { code, stdout, stderr } = await product.companyos(...words, "--notaries", notaries);
      expect({ words, code, stdout }).toEqual({ words, code: 2, stdout: "" });
      expect(stderr).toMatch(/the log there is .* of (eu-west-1|us-east-1): correct the region/);
    }
    const { code, stdout } = await product.companyos("status", "--notaries", notaries);
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringMatching(/Log .*NO.*correct the region/),
    });
  }
});

test("evidence in pieces leaves nothing behind but the evidence", async () => {
  expect((await readdir(folder)).every((name) => /^evidence-\d+$/.test(name))).toBe(true);
});

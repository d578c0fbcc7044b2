import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensurePython, ensureTools, sharedCluster } from "@companyos/cluster";
import { connect, type KubeClient } from "@companyos/kube";
import { type LogIdentity, type RunningNotary, runNotary } from "@companyos/notary";
import { driversIn, initIn, openIn } from "@companyos/notary/testing/folders";
import { openOutbox } from "@companyos/outbox";
import { encodeBase64url } from "@companyos/receipts";
import { createLogger } from "@companyos/service";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { askChecklog } from "./checklog.ts";
import { eventOf } from "./events.ts";
import { askFsck } from "./fsck.ts";
import { claimsOf } from "./parsed.ts";
import { askPython, requirements } from "./python.ts";

const region = "eu-west-1";
// The cluster may outlive the run.
const namespace = `verifiers-${randomBytes(4).toString("hex")}`;
const silent = createLogger({ role: "test", write() {} });

let dir: string;
let client: KubeClient;
let notary: RunningNotary;
let identity: LogIdentity;
/** Of an auditor, who may list and make evidence. */
let auditor: string;

beforeAll(async () => {
  await ensureTools(["fsck", "checklog"]);
  await ensurePython(requirements);
  const cluster = await sharedCluster();
  await cluster.request("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
  for (const name of ["companyos-webhook", "auditor"]) {
    await cluster.request("POST", `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name } });
  }
  const rbac = "/apis/rbac.authorization.k8s.io/v1";
  const rules = [
    { apiGroups: ["residency.companyos.io"], resources: ["tenants/evidence"], verbs: ["create", "get"] },
    { apiGroups: ["residency.companyos.io"], resources: ["regions/log"], verbs: ["get"] },
  ];
  await cluster.request("POST", `${rbac}/clusterroles`, { metadata: { name: namespace }, rules });
  await cluster.request("POST", `${rbac}/clusterrolebindings`, {
    metadata: { name: namespace },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: namespace },
    subjects: [{ kind: "ServiceAccount", namespace, name: "auditor" }],
  });
  auditor = await cluster.serviceAccountToken(namespace, "auditor");

  dir = await mkdtemp(join(tmpdir(), "companyos-verified-"));
  const keysDir = join(dir, "keys");
  identity = await initIn({ region, jurisdiction: "EU", rootDir: join(dir, "root"), keysDir });
  client = await connect({ kubeconfig: cluster.kubeconfig });
  notary = await runNotary({
    region,
    namespace,
    client,
    ...(await driversIn({ keysDir, storeDir: join(dir, "store") })),
    listen: { host: "127.0.0.1", port: 0 },
    tls: { kind: "none" },
    log: silent,
  });
  const outbox = await openOutbox({
    dir: join(dir, "journal"),
    cluster: "one",
    regions: { [region]: { url: notary.url } },
    ca: () => undefined,
    token: () => cluster.serviceAccountToken(namespace, "companyos-webhook"),
    log: silent,
    faults: () => {},
  });
  const blocked = Array.from({ length: 600 }, (_, n) => ({
    ...eventOf(n),
    type: "admission.blocked" as const,
    decision: "block" as const,
    count: 1,
    tenant: { name: "acme", uid: "acme-1" },
    disclosable: eventOf(7 * n).disclosable,
  }));
  await Promise.all(blocked.map((event) => outbox.append(event)));
  for (const { rid } of blocked.slice(0, 5)) await outbox.repeat({ region, rid });
  for (const { rid } of blocked.slice(0, 5)) await outbox.close({ region, rid });
  expect(await outbox.flush(30_000)).toBe(true);
  await outbox.stop();
}, 600_000);

afterAll(async () => {
  await notary?.stop();
  await client?.close();
  await rm(dir, { recursive: true, force: true });
});

async function evidence(): Promise<string[]> {
  const response = await fetch(`${notary.url}/v1/prove`, {
    method: "POST",
    headers: { authorization: `Bearer ${auditor}`, "content-type": "application/json" },
    body: JSON.stringify({ tenant: "acme" }),
  });
  expect(response.status).toBe(200);
  return (await response.text()).split("\n");
}

test("Python's sd-jwt reads what the evidence discloses: receipts that went through journal, seal and proof", async () => {
  const sdJwts = (await evidence()).filter((line) => line.startsWith("r ")).map((line) => line.slice(2));
  // 600 blocks, 5 closed windows, the tenant's first receipt and the seal; the log's own chain besides.
  expect(sdJwts.length).toBeGreaterThanOrEqual(607);
  const { receipt } = await openIn({ region, keysDir: join(dir, "keys") });
  const jwk = { kty: "OKP", crv: "Ed25519", x: encodeBase64url(receipt.publicKey) };
  const verdicts = await askPython(jwk, sdJwts);
  expect(verdicts).toEqual(sdJwts.map((sdJwt) => ({ claims: claimsOf(sdJwt) })));
  const tenants = verdicts.map((verdict) => ("claims" in verdict ? verdict.claims.tenant : verdict));
  expect(tenants.filter((tenant) => tenant === "acme").length).toBeGreaterThanOrEqual(607);
}, 180_000);

test("fsck, Torchwood and x/mod accept the log that the running notary serves to an auditor", async () => {
  const asked = { log: notary.url, bearer: auditor, vkey: identity.vkey };
  const response = await askChecklog({ ...asked, leaves: [], older: [] });
  expect(response).toMatchObject({ accepted: true, origin: identity.origin });
  expect(response.size).toBeGreaterThan(600);
  expect(await askFsck({ ...asked, size: response.size })).toBeUndefined();
});

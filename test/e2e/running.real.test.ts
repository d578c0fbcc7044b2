import { type ChildProcess, spawn } from "node:child_process";
import { access, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Api, openApi } from "../src/api.ts";
import { declared, residency } from "../src/declare.ts";
import { provenEvidence, receiptIdIn } from "../src/evidence.ts";
import { beside, type DevFile, type DevRun, type Product, runDev } from "../src/product.ts";
import { until } from "../src/until.ts";

/** Ports that the parts of a cluster take where nothing else is said. */
const usual = [2379, 2380, 6443, 8443, 8444, 9443, 10_250, 10_257, 10_259];

let stateDir: string;
let run: DevRun;
let dev: DevFile;
let api: Api;
let companyos: Product["companyos"];
let foreign: ChildProcess;
const takers: Server[] = [];

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "companyos-e2e-"));
  for (const port of usual) takers.push(await taken(port));
  foreign = spawn("sleep", ["600"], { stdio: "ignore" });
  await begin();
}, 180_000);

afterAll(async () => {
  await api?.close();
  if (run && run.child.exitCode === null) run.child.kill("SIGINT");
  await run?.ended;
  foreign?.kill();
  for (const server of takers) server.close();
  await rm(stateDir, { recursive: true, force: true });
}, 180_000);

async function begin(...args: string[]): Promise<void> {
  run = runDev(stateDir, args, { detached: true });
  dev = await run.ready;
  api = await openApi(dev.kubeconfig);
  companyos = beside(dev, stateDir);
}

/** Somebody else's server on a port; if it is taken already, so much the better. */
function taken(port: number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(server));
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

interface Ledger {
  readonly processes: { name: string; pid: number; startTime: string }[];
}

const ledgerFile = () => join(stateDir, "processes.json");
const ledger = async () => JSON.parse(await readFile(ledgerFile(), "utf8")) as Ledger;
const exists = (file: string) =>
  access(join(stateDir, file)).then(
    () => true,
    () => false,
  );

test("dev.json comes last: what it names answers at once, whatever other ports are taken", async () => {
  const urls = [...dev.metrics.operator, ...dev.metrics.webhook, ...dev.metrics.notary];
  expect(urls).toHaveLength(5);
  for (const url of urls) {
    expect((await fetch(url)).status).toBe(200);
    expect((await fetch(url.replace(/metrics$/, "readyz"))).status).toBe(200);
  }
  for (const { pid } of dev.pods) expect(alive(pid)).toBe(true);
  // Its own look at etcd has 2 s by default.
  await until(
    "the API server ready",
    () => api.request("GET", "/readyz"),
    ({ body }) => body === "ok",
  );
  expect(dev.notaries.map(({ region }) => region).sort()).toEqual(["eu-west-1", "us-east-1"]);
  await access(dev.trust);
  await access(dev.ca);
  const used = [dev.webhook, ...dev.notaries.map(({ url }) => url), ...urls].map((url) =>
    Number(new URL(url).port),
  );
  for (const port of usual) expect(used).not.toContain(port);
});

describe("the command line beside it", () => {
  const tenant = "spoken-for";
  let refused: string;
  let bundle: string;

  beforeAll(async () => {
    await declared(api, tenant);
    const containers = [{ name: "main", image: "nginx:1.29" }];
    const pod = (name: string, nodeName: string) =>
      api.request("POST", `/api/v1/namespaces/${tenant}/pods`, {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name },
        spec: { nodeName, containers },
      });
    refused = receiptIdIn((await pod("away", "us-east-1-0")).body.message) as string;
    expect((await pod("at-home", "eu-west-1-0")).status).toBe(201);
    bundle = join(stateDir, "bundle");
    await until(
      "evidence of the refusal, which may be on its way to the notary",
      () => provenEvidence({ companyos, dev }, tenant),
      ({ blocks }) => blocks >= 1,
    );
    expect(await companyos("prove", "--tenant", tenant, "--nonce", "7f3c", "--out", bundle)).toMatchObject({
      code: 0,
    });
  }, 180_000);

  test("status exits 0 while everything is in force, 1 when something is not", async () => {
    const good = await companyos("status", "--output", "json");
    expect({ code: good.code, ready: JSON.parse(good.stdout).ready }).toEqual({ code: 0, ready: true });
    const lost = {
      apiVersion: "residency.companyos.io/v1",
      kind: "Tenant",
      metadata: { name: "lost" },
      spec: { homeRegion: "mars-1", regions: ["mars-1"] },
    };
    expect((await api.request("POST", `${residency}/tenants`, lost)).status).toBe(201);
    const bad = await companyos("status");
    expect(bad.code).toBe(1);
    expect(bad.stdout).toMatch(/Tenant +lost +NO/);
    await api.request("DELETE", `${residency}/tenants/lost`);
    await until(
      "lost is gone",
      () => api.request("GET", `${residency}/tenants/lost`),
      ({ status }) => status === 404,
    );
    expect((await companyos("status")).code).toBe(0);
  });

  test("receipts list shows the receipt that a person was given", async () => {
    const text = await until(
      "the receipt listed",
      () => companyos("receipts", "list", "--tenant", tenant),
      ({ stdout }) => stdout.includes(refused) && stdout.includes("placement.observed"),
    );
    expect(text.stdout).toMatch(
      new RegExp(`admission.blocked +CROSS_REGION +Pod ${tenant}/away +us-east-1 .*${refused}`),
    );
    const one = await companyos("receipts", "list", "--tenant", tenant, "--limit", "1", "--output", "json");
    expect(JSON.parse(one.stdout)).toMatchObject({ receipts: [expect.anything()], more: true });
    const type = await companyos(
      ...["receipts", "list", "--tenant", tenant, "--type", "admission.blocked", "--output", "json"],
    );
    expect(JSON.parse(type.stdout).receipts).toHaveLength(1);
    const future = await companyos(
      ...["receipts", "list", "--tenant", tenant, "--since", "2100-01-01T00:00:00Z", "--output", "json"],
    );
    expect(future).toMatchObject({ code: 2, stderr: expect.stringContaining("yet to come") });
    expect(await companyos("receipts", "list", "--tenant", "nobody")).toMatchObject({ code: 2 });
  });

  test("with a mistyped home, nobody is told to name the notary of a region that does not exist", async () => {
    const path = `${residency}/tenants/${tenant}`;
    const patch = (spec: object) => api.request("PATCH", path, { spec }, "application/merge-patch+json");
    const { spec } = (await api.request("GET", path)).body;
    const ready = (reason: string) =>
      until(
        `${tenant} to say ${reason}`,
        async () => (await api.request("GET", path)).body.status?.conditions ?? [],
        (conditions: { reason: string }[]) => conditions.some((condition) => condition.reason === reason),
      );
    await patch({ homeRegion: "eu-wst-1", regions: [...(spec.regions ?? [spec.homeRegion]), "eu-wst-1"] });
    await ready("HomeRegionUnknown");
    const out = join(stateDir, "mistyped.evidence");
    const { code, stderr } = await companyos("prove", "--tenant", tenant, "--out", out);
    expect(stderr).not.toContain("eu-wst-1");
    expect(code).toBe(0);
    await patch({ homeRegion: spec.homeRegion, regions: spec.regions ?? null });
    await ready("Provisioned");
  });

  test("trust init writes a file that trust show reads and verify believes; never over another", async () => {
    const file = join(stateDir, "own-trust.json");
    const made = await companyos("trust", "init", "--out", file);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/fingerprint/) });
    const shown = await companyos("trust", "show", file);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/eu-west-1 +EU[\s\S]*us-east-1 +US/);
    expect(shown.stdout).toContain(/fingerprint (\S+)/.exec(made.stdout)?.[1] as string);
    expect((await companyos("verify", bundle, "--trust", file)).code).toBe(0);
    expect((await companyos("trust", "init", "--out", file)).code).toBe(2);
  });

  test("verify exits 0 for valid evidence, 1 with a reason code for anything else, 2 for wrong use", async () => {
    const verify = (file: string, ...more: string[]) =>
      companyos("verify", file, "--trust", dev.trust, "--output", "json", ...more);
    const valid = await verify(bundle, "--tenant", tenant, "--nonce", "7f3c");
    expect(valid.code).toBe(0);
    expect(JSON.parse(valid.stdout)).toMatchObject({ valid: true, covers: { tenant, blocks: 1 } });
    for (const wrong of [
      ["--tenant", "acme"],
      ["--nonce", "other"],
      ["--audience", "me"],
    ]) {
      const { code, stdout } = await verify(bundle, ...wrong);
      expect({ wrong, code }).toEqual({ wrong, code: 1 });
      expect(JSON.parse(stdout)).toMatchObject({
        valid: false,
        code: expect.stringMatching(/^[A-Z][A-Z0-9_]*$/),
      });
    }
    const bytes = await readFile(bundle);
    const forged = join(stateDir, "forged");
    for (const place of [0.1, 0.35, 0.6, 0.85].map((share) => Math.floor(bytes.length * share))) {
      const copy = Buffer.from(bytes);
      copy[place] = copy[place] === 0x41 ? 0x42 : 0x41;
      await writeFile(forged, copy);
      const { code, stdout } = await verify(forged);
      expect({ place, code }).toEqual({ place, code: 1 });
      expect(JSON.parse(stdout).valid).toBe(false);
    }
    await writeFile(forged, "");
    expect((await verify(forged)).code).toBe(2);
    expect((await verify(join(stateDir, "no-such-bundle"))).code).toBe(2);
  }, 180_000);

  test("prove writes over nothing unless told, and knows no tenant that does not exist", async () => {
    expect(await companyos("prove", "--tenant", tenant, "--out", bundle)).toMatchObject({ code: 2 });
    expect(await companyos("prove", "--tenant", tenant, "--out", bundle, "--force")).toMatchObject({
      code: 0,
    });
    const nobody = join(stateDir, "nobody");
    expect(await companyos("prove", "--tenant", "nobody", "--out", nobody)).toMatchObject({ code: 2 });
    expect(await exists("nobody")).toBe(false);
  });
});

describe("its processes", () => {
  test("a second one in the same folder says where the first is, and ends nothing", async () => {
    const before = await ledger();
    const second = runDev(stateDir);
    second.ready.catch(() => {});
    expect(await second.ended).toBe(0);
    const where = `already running, pid ${run.child.pid}, dev.json ${join(stateDir, "dev.json")}`;
    expect(second.printed()).toContain(where);
    expect(await runDev(stateDir, ["--check"]).ended).toBe(1);
    expect(await ledger()).toEqual(before);
    expect((await companyos("status")).code).toBe(0);
  }, 60_000);

  test("kill -9 of it ends them all; a second start in the same folder is clean and spares foreign ones", async () => {
    const { processes } = await ledger();
    expect(processes.length).toBeGreaterThanOrEqual(10);
    await api.close();
    process.kill(run.child.pid as number, "SIGKILL");
    await run.ended;
    // As after a restart of the machine: a number on record belongs to somebody else now.
    const mixed = { ...(await ledger()) };
    mixed.processes.push({ name: "etcd", pid: foreign.pid as number, startTime: "0:0" });
    await writeFile(ledgerFile(), JSON.stringify(mixed));
    await begin();
    expect(processes.filter(({ pid }) => alive(pid))).toEqual([]);
    expect(alive(foreign.pid as number)).toBe(true);
    expect((await api.request("GET", `${residency}/tenants`)).body.items).toEqual([]);
    expect((await companyos("status")).code).toBe(0);
  }, 180_000);

  test("one that ends is started again", async () => {
    const operator = (await ledger()).processes.find(({ name }) => name.startsWith("companyos-operator"));
    process.kill(operator?.pid as number, "SIGKILL");
    const ready = (dev.metrics.operator[0] as string).replace(/metrics$/, "readyz");
    await until(
      "the operator ready again",
      () => fetch(ready),
      ({ status }) => status === 200,
    );
    expect((await ledger()).processes.map(({ name }) => name)).toContain(operator?.name);
    expect(alive(operator?.pid as number)).toBe(false);
  }, 180_000);

  test("Ctrl-C ends every one of them, takes dev.json away, and exits with 0", async () => {
    const { processes } = await ledger();
    await api.close();
    // What a terminal does: the signal reaches the whole foreground group.
    process.kill(-(run.child.pid as number), "SIGINT");
    expect(await run.ended).toBe(0);
    expect(processes.filter(({ pid }) => alive(pid))).toEqual([]);
    expect(await exists("dev.json")).toBe(false);
    const { stdout } = spawn("ps", ["-eo", "pid,args"]);
    const lines = (await stdout.toArray()).join("").split("\n");
    expect(lines.filter((line) => line.includes(stateDir))).toEqual([]);
    expect(alive(foreign.pid as number)).toBe(true);
  }, 180_000);

  test("--keep goes on where the last one ended: objects, keys, journals, logs", async () => {
    const tenant = "kept";
    await begin();
    await declared(api, tenant);
    const away = { name: "away" };
    const spec = { nodeName: "us-east-1-0", containers: [{ name: "main", image: "nginx:1.29" }] };
    const pod = { apiVersion: "v1", kind: "Pod", metadata: away, spec };
    const { body } = await api.request("POST", `/api/v1/namespaces/${tenant}/pods`, pod);
    const id = receiptIdIn(body.message) as string;
    const before = await until(
      "evidence of the refusal",
      () => provenEvidence({ companyos, dev }, tenant),
      ({ blocks }) => blocks >= 1,
    );
    const trust = await readFile(dev.trust, "utf8");
    const keys = dev.notaries.map(({ vkey }) => vkey);
    const { uid } = (await api.request("GET", `${residency}/tenants/${tenant}`)).body.metadata;
    await api.close();
    run.child.kill("SIGINT");
    expect(await run.ended).toBe(0);

    await begin("--keep", "--story");
    expect(run.printed()).toContain("Going on with what an earlier run left");
    expect((await api.request("GET", `${residency}/tenants/${tenant}`)).body.metadata.uid).toBe(uid);
    expect(dev.notaries.map(({ vkey }) => vkey)).toEqual(keys);
    const listed = await until(
      "the receipt of before, in a log that goes on",
      () => companyos("receipts", "list", "--tenant", tenant),
      ({ stdout }) => stdout.includes(id),
    );
    expect(listed.code).toBe(0);
    // By the trust file of before, which knows the keys of before.
    await writeFile(dev.trust, trust);
    const after = await provenEvidence({ companyos, dev }, tenant);
    expect(after.blocks).toBeGreaterThanOrEqual(before.blocks);
    await until(
      "everything in force again",
      () => companyos("status"),
      ({ code }) => code === 0,
    );
    // It decides, too: what was unlawful is so still.
    const again = await api.request("POST", `/api/v1/namespaces/${tenant}/pods`, pod);
    expect(again.status).toBe(403);
  }, 240_000);
});

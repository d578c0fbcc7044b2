import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, startCluster } from "@companyos/cluster";
import { createLogger } from "@companyos/service";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import { connect, createReflector, type KubeClient, resources } from "../src/index.ts";

let cluster: Cluster;
let client: KubeClient;

beforeAll(async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "reflector-"));
  cluster = await startCluster({ stateDir, components: ["etcd", "kube-apiserver"] });
  client = await connect({ kubeconfig: cluster.kubeconfig });
}, 120_000);
afterAll(async () => {
  await client.close();
  await cluster.stop({ discard: true });
  await rm(cluster.stateDir, { recursive: true });
});

test("survives kill -9 and restarts of the API server without losing or inventing an object", async () => {
  const reflector = createReflector({
    client,
    resource: resources.configMaps,
    namespace: "default",
    log: createLogger({ role: "test", write: () => {} }),
    registry: new Registry(),
    timing: { backoffMs: [50, 500] },
  });
  // What handlers were told, kept apart from the reflector's own store.
  const told = new Map<string, string>();
  const wrong: string[] = [];
  reflector.on({
    add({ metadata: { name = "", uid = "" } }) {
      if (told.has(name)) wrong.push(`${name} was added twice`);
      told.set(name, uid);
    },
    update({ metadata: { name = "", uid } }, old) {
      if (told.get(name) !== uid || old.metadata.uid !== uid)
        wrong.push(`${name} was updated into another object`);
    },
    delete({ metadata: { name = "", uid } }) {
      if (told.get(name) !== uid) wrong.push(`${name} was deleted but never there`);
      told.delete(name);
    },
  });
  reflector.start();
  await reflector.whenSynced();

  let made = 0;
  const change = async () => {
    const name = `c${made++}`;
    await client.create(resources.configMaps, { metadata: { namespace: "default", name }, data: {} });
    if (made % 3 === 0) await client.delete(resources.configMaps, name, { namespace: "default" });
    if (made % 5 === 0)
      await client.patch(
        resources.configMaps,
        "c0",
        "merge",
        { data: { at: name } },
        { namespace: "default" },
      );
  };
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 10; i++) await change();
    await cluster.kill("kube-apiserver");
    expect(reflector.synced()).toBe(true);
    await cluster.restart("kube-apiserver");
    for (let i = 0; i < 10; i++) await change();
  }

  const { items } = await client.list(resources.configMaps, { namespace: "default" });
  const truth = new Map(items.map(({ metadata }) => [metadata.name ?? "", metadata.uid ?? ""]));
  const same = () => truth.size === told.size && [...truth].every(([name, uid]) => told.get(name) === uid);
  await until("it has caught up", same, Boolean, { timeoutMs: 20_000 });
  await until(
    "c0 is the newest",
    () => reflector.store.get("default/c0")?.data?.at === `c${made - 1}`,
    Boolean,
    { timeoutMs: 20_000 },
  );
  expect(wrong).toEqual([]);
  expect(reflector.store.size).toBe(truth.size);
  expect(reflector.stats().errors).toBeGreaterThanOrEqual(3);
  await reflector.stop();
}, 120_000);

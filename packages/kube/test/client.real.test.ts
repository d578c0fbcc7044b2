import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, connect as dial } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sharedCluster } from "@companyos/cluster";
import { createLogger } from "@companyos/service";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { load } from "js-yaml";
import { connect, createEventRecorder, type KubeClient, resources } from "../src/index.ts";

const namespace = `kube-client-${randomBytes(4).toString("hex")}`;
const log = createLogger({ role: "test", write: () => {} });
let client: KubeClient;

beforeAll(async () => {
  client = await connect({ kubeconfig: (await sharedCluster()).kubeconfig });
  await client.create(resources.namespaces, { metadata: { name: namespace } });
});
afterAll(async () => {
  await client.delete(resources.namespaces, namespace);
  await client.close();
});

const configMap = (name: string, data: Record<string, string>, labels = {}) => ({
  metadata: { name, namespace, labels },
  data,
});

describe("the client and a real API server", () => {
  test("create, read, update, patch, apply and delete", async () => {
    const made = await client.create(resources.configMaps, configMap("a", { k: "1" }));
    const updated = await client.update(resources.configMaps, { ...made, data: { k: "2" } });
    await expect(client.update(resources.configMaps, { ...made, data: { k: "3" } })).rejects.toMatchObject({
      reason: "Conflict",
    });
    expect(updated.data).toEqual({ k: "2" });
    await client.patch(resources.configMaps, "a", "merge", { data: { m: "1" } }, { namespace });
    await client.patch(resources.configMaps, "a", "json", [{ op: "remove", path: "/data/k" }], { namespace });
    await client.patch(resources.configMaps, "a", "strategic", { data: { s: "1" } }, { namespace });
    await client.apply(resources.configMaps, configMap("a", { applied: "1" }), { fieldManager: "me" });
    expect((await client.get(resources.configMaps, "a", { namespace })).data).toEqual({
      m: "1",
      s: "1",
      applied: "1",
    });
    expect(await client.delete(resources.configMaps, "a", { namespace })).toBe(true);
    expect(await client.delete(resources.configMaps, "a", { namespace })).toBe(false);
    expect(await client.find(resources.configMaps, "a", { namespace })).toBeUndefined();
  });

  test("whom a kubeconfig acts as, with groups, uid and more, is whom the API server sees", async () => {
    const { kubeconfig } = await sharedCluster();
    const dir = await mkdtemp(join(tmpdir(), "kube-acts-"));
    const config = load(await readFile(kubeconfig, "utf8")) as { users: { user: object }[] };
    const acts = {
      as: "jané",
      "as-uid": "u-42",
      "as-groups": ["dev", "ops team"],
      "as-user-extra": { "example.com/scope %": ["a", "b"], Reason: ["ticket 7"] },
    };
    for (const one of config.users) Object.assign(one.user, acts);
    await writeFile(join(dir, "config"), JSON.stringify(config));
    const acting = await connect({ kubeconfig: join(dir, "config") });
    try {
      const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
      const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
      const { status, text } = await acting.raw(path, { method: "POST", body });
      expect([status, JSON.parse(text).status.userInfo]).toEqual([
        201,
        {
          username: "jané",
          uid: "u-42",
          groups: ["dev", "ops team", "system:authenticated"],
          extra: { "example.com/scope %": ["a", "b"], reason: ["ticket 7"] },
        },
      ]);
      await expect(acting.list(resources.configMaps, { namespace })).rejects.toMatchObject({
        reason: "Forbidden",
      });
    } finally {
      await acting.close();
      await rm(dir, { recursive: true });
    }
  });

  test("a JSON patch of a version that somebody replaced is a conflict, one that cannot be is invalid", async () => {
    const { metadata } = await client.create(resources.configMaps, configMap("tested", { k: "1" }));
    const patch = (version: string | undefined, key: string) =>
      client.patch(
        resources.configMaps,
        "tested",
        "json",
        [
          { op: "test", path: "/metadata/resourceVersion", value: version },
          { op: "add", path: "/data", value: { [key]: "2" } },
        ],
        { namespace },
      );
    const patched = await patch(metadata.resourceVersion, "k");
    await expect(patch(metadata.resourceVersion, "k")).rejects.toMatchObject({
      ...{ status: 409, reason: "Conflict", code: "KUBE_CONFLICT" },
    });
    await expect(patch(patched.metadata.resourceVersion, "no key!")).rejects.toMatchObject({
      reason: "Invalid",
    });
  });

  test("lists every page, names each item's kind, selects by label, deletes a collection", async () => {
    for (let i = 0; i < 7; i++) {
      await client.create(resources.configMaps, configMap(`p${i}`, {}, { odd: String(i % 2) }));
    }
    const { items } = await client.list(resources.configMaps, { namespace, pageSize: 2 });
    expect(items.filter(({ metadata }) => metadata.name?.startsWith("p"))).toHaveLength(7);
    expect(items[0]).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
    await client.deleteCollection(resources.configMaps, { namespace, labelSelector: "odd=1" });
    const left = await client.list(resources.configMaps, { namespace, labelSelector: "odd" });
    expect(left.items.map(({ metadata }) => metadata.name).sort()).toEqual(["p0", "p2", "p4", "p6"]);
  });

  test("a dry run changes nothing; a status is written by its own door", async () => {
    await client.create(resources.configMaps, configMap("dry", {}), { dryRun: true });
    expect(await client.find(resources.configMaps, "dry", { namespace })).toBeUndefined();
    const { status } = await client.get(resources.namespaces, namespace, { subresource: "status" });
    expect(status?.phase).toBe("Active");
  });

  test("finds the resource of a kind that was defined a moment ago", async () => {
    const group = `${namespace}.example.com`;
    await expect(client.discover(`${group}/v1`, "Gadget")).rejects.toMatchObject({
      code: "KUBE_NO_SUCH_KIND",
    });
    const name = `gadgets.${group}`;
    await client.create(resources.customResourceDefinitions, {
      metadata: { name },
      spec: {
        group,
        scope: "Cluster",
        names: { kind: "Gadget", plural: "gadgets" },
        versions: [
          { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } },
        ],
      },
    });
    const served = async () => client.discover(`${group}/v1`, "Gadget").catch(() => undefined);
    await until("the new kind", served, (found) => found !== undefined, { timeoutMs: 60_000 });
    expect(await served()).toEqual({
      group,
      version: "v1",
      kind: "Gadget",
      plural: "gadgets",
      namespaced: false,
    });
    await client.delete(resources.customResourceDefinitions, name);
  });

  test("signs in as a service account, and reviews a token", async () => {
    const cluster = await sharedCluster();
    await client.create(resources.serviceAccounts, { metadata: { namespace, name: "robot" } });
    const token = await cluster.serviceAccountToken(namespace, "robot");
    const review = await client.create(resources.tokenReviews, { metadata: {}, spec: { token } });
    expect(review.status).toMatchObject({
      authenticated: true,
      user: { username: `system:serviceaccount:${namespace}:robot` },
    });
    const dir = await mkdtemp(join(tmpdir(), "kube-"));
    await Promise.all([writeFile(join(dir, "token"), token), writeFile(join(dir, "ca.crt"), cluster.caPem)]);
    const robot = await connect({ serviceAccountDir: dir, server: cluster.url });
    await expect(robot.list(resources.secrets)).rejects.toMatchObject({
      reason: "Forbidden",
      message: expect.stringContaining(`system:serviceaccount:${namespace}:robot`),
    });
    await robot.close();
    await rm(dir, { recursive: true });
  });

  test("300 reads, 10 at once, use at most 10 connections", async () => {
    const cluster = await sharedCluster();
    const target = new URL(cluster.url);
    let connections = 0;
    const counting = createServer((socket) => {
      connections++;
      const upstream = dial(Number(target.port), target.hostname);
      socket.pipe(upstream).pipe(socket);
      for (const end of [socket, upstream]) end.on("error", () => {});
    });
    await new Promise<void>((resolve) => counting.listen(0, "127.0.0.1", resolve));
    const server = `https://127.0.0.1:${(counting.address() as AddressInfo).port}`;
    const counted = await connect({ kubeconfig: cluster.kubeconfig, server });
    let left = 300;
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        while (left-- > 0) await counted.get(resources.namespaces, namespace);
      }),
    );
    await counted.close();
    counting.close();
    expect(connections).toBeLessThanOrEqual(10);
  });

  test("repeats of an event become one event with a series", async () => {
    const recorder = createEventRecorder({ client, controller: "companyos.io/test", instance: "one", log });
    const about = await client.create(resources.configMaps, configMap("subject", {}));
    for (let i = 0; i < 20; i++)
      recorder.record(about, { type: "Warning", reason: "Odd", note: "looks odd" });
    recorder.record(about, { type: "Normal", reason: "Fine", note: "looks fine" });
    await recorder.stop();
    const { items } = await client.list(resources.events, { namespace });
    const own = items.filter(({ regarding }) => regarding?.name === "subject");
    expect(own.map(({ reason, series }) => [reason, series?.count]).sort()).toEqual([
      ["Fine", undefined],
      ["Odd", 20],
    ]);
  });
});

import { randomBytes } from "node:crypto";
import { sharedCluster } from "@companyos/cluster";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import {
  type AnyObject,
  applyIfChanged,
  connect,
  type KubeClient,
  type Resource,
  resources,
} from "../src/index.ts";

const namespace = `kube-apply-${randomBytes(4).toString("hex")}`;
const fieldManager = "companyos-operator/test";
const registry = new Registry();
let client: KubeClient;

beforeAll(async () => {
  client = await connect({ kubeconfig: (await sharedCluster()).kubeconfig, registry });
  await client.create(resources.namespaces, { metadata: { name: namespace } });
});
afterAll(async () => {
  await client.delete(resources.namespaces, namespace);
  await client.close();
});

async function writes(): Promise<number> {
  const counted = await registry.getSingleMetric("rest_client_requests_total")?.get();
  const patches = counted?.values.filter(({ labels }) => labels.method === "PATCH") ?? [];
  return patches.reduce((sum, { value }) => sum + value, 0);
}

async function apply<T extends AnyObject>(resource: Resource<T>, desired: T) {
  const before = await writes();
  const { object, wrote, changed } = await applyIfChanged({ client, resource, desired, fieldManager });
  return { object, wrote, changed, sent: (await writes()) - before };
}
const untouched = { wrote: false, changed: false, sent: 0 };
const meta = (name: string, labels = {}) => ({ name, namespace, labels });

describe("apply if changed", () => {
  test("writes each kind of a footprint once, then never while nothing changes", async () => {
    const applied = async () => [
      await apply(resources.namespaces, {
        metadata: { name: namespace, labels: { t: "x" }, annotations: { a: "b" } },
      }),
      await apply(resources.resourceQuotas, {
        metadata: meta("q"),
        spec: { hard: { "requests.cpu": "1000m", "limits.memory": "1024Mi", pods: "10" } },
      }),
      await apply(resources.limitRanges, {
        metadata: meta("l"),
        spec: {
          limits: [{ type: "Container", default: { cpu: "500m" }, defaultRequest: { cpu: "0.1" } }],
        },
      }),
      await apply(resources.networkPolicies, {
        metadata: meta("n", { x: "1" }),
        spec: {
          podSelector: {},
          policyTypes: ["Ingress", "Egress"],
          ingress: [],
          egress: [{ ports: [{ port: 53, protocol: "UDP" }], to: [{ namespaceSelector: {} }] }],
        },
      }),
      await apply(resources.roleBindings, {
        metadata: meta("r"),
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "edit" },
        subjects: [{ kind: "User", name: "ada", apiGroup: "rbac.authorization.k8s.io" }],
      }),
      await apply(resources.services, {
        metadata: meta("s"),
        spec: { selector: { app: "x" }, ports: [{ name: "web", port: 80 }] },
      }),
      await apply(resources.secrets, { metadata: meta("k"), type: "Opaque", data: { a: "YQ==" } }),
    ];
    for (const one of await applied()) expect(one).toMatchObject({ wrote: true, changed: true, sent: 1 });
    for (const one of await applied()) expect(one).toMatchObject(untouched);
  });

  test("corrects drift, takes back a field that another manager changed, and leaves others' fields alone", async () => {
    const desired = { metadata: meta("drift"), data: { mine: "1" } };
    await apply(resources.configMaps, desired);
    await client.patch(
      resources.configMaps,
      "drift",
      "merge",
      { data: { mine: "9", theirs: "2" } },
      { namespace },
    );
    expect(await apply(resources.configMaps, desired)).toMatchObject({
      changed: true,
      object: { data: { mine: "1", theirs: "2" } },
    });
    expect(await apply(resources.configMaps, desired)).toMatchObject(untouched);
  });

  test("notices a selector that somebody narrowed, although every wanted field is still there", async () => {
    const desired = { metadata: meta("narrow"), spec: { podSelector: {}, policyTypes: ["Ingress"] } };
    await apply(resources.networkPolicies, desired);
    const narrowed = { spec: { podSelector: { matchLabels: { app: "one" } } } };
    await client.patch(resources.networkPolicies, "narrow", "merge", narrowed, { namespace });
    const { object, changed } = await apply(resources.networkPolicies, desired);
    expect([changed, object.spec?.podSelector]).toEqual([true, {}]);
  });

  test("removes what is wanted no more", async () => {
    await apply(resources.configMaps, {
      metadata: meta("less", { a: "1", b: "1" }),
      data: { x: "1", y: "1" },
    });
    const { object, sent } = await apply(resources.configMaps, {
      metadata: meta("less", { a: "1" }),
      data: { x: "1" },
    });
    expect(sent).toBe(1);
    expect([object.data, object.metadata.labels]).toEqual([{ x: "1" }, { a: "1" }]);
  });

  test("where the server fills in defaults inside a list, at most one write explains them", async () => {
    const desired = {
      metadata: meta("defaults"),
      spec: { podSelector: {}, policyTypes: ["Egress"], egress: [{ ports: [{ port: 53 }] }] },
    };
    await apply(resources.networkPolicies, desired);
    expect(await apply(resources.networkPolicies, desired)).toMatchObject(untouched);
    const afresh = await connect({ kubeconfig: (await sharedCluster()).kubeconfig });
    const restarted = () =>
      applyIfChanged({ client: afresh, resource: resources.networkPolicies, desired, fieldManager });
    expect(await restarted()).toMatchObject({ wrote: true, changed: false });
    expect(await restarted()).toMatchObject({ wrote: false });
    await afresh.close();
  });
});

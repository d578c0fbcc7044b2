/** With the webhook dead, in either setting, nothing waits for it that places nothing. */
import { residencyResources } from "@companyos/inventory";
import type { KubeObject } from "@companyos/kube";
import { untyped } from "@companyos/kube/testing/untyped";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type ApiResponse, as, type Call, merge } from "./as.ts";
import { policy, region, startTestProduct, type TestProduct, tenant } from "./product.ts";

const { tenants, policies, regions } = untyped(residencyResources);
const topology = "topology.kubernetes.io/region";
const containers = [{ name: "main", image: "nginx:1.29" }];
const labels = { app: "web" };
const passed = (response: ApiResponse) =>
  expect([response.message, response.status < 300]).toEqual(["", true]);

/** One that is enforced, one that is only recorded, and one whose policy narrowed while its pods ran abroad. */
const names = ["enforced", "audited", "narrowed"] as const;

describe.each(["available", "strict"] as const)("webhook.whenUnavailable: %s", (whenUnavailable) => {
  let product: TestProduct;
  let ask: Call;
  const closing: (() => Promise<void>)[] = [];

  const pods = (namespace: string) => `/api/v1/namespaces/${namespace}/pods`;
  const web = (namespace: string) => `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
  const job = (namespace: string) => `/apis/batch/v1/namespaces/${namespace}/jobs/work`;
  const podsOf = async (namespace: string, selector: string): Promise<KubeObject[]> =>
    (await ask("GET", `${pods(namespace)}?labelSelector=${selector}`)).object.items;
  const running = async (namespace: string) =>
    (await podsOf(namespace, "app%3Dweb")).filter(({ spec }) => spec.nodeName);

  async function inForce(name: string, mode: string, allowed: string): Promise<void> {
    await until(`${name} in mode ${mode} with ${allowed}`, async () => {
      const { metadata } = (await ask("GET", `/api/v1/namespaces/${name}`)).object;
      return (
        metadata?.labels?.["residency.companyos.io/mode"] === mode &&
        metadata.annotations?.["residency.companyos.io/allowed-regions"] === allowed
      );
    });
  }

  beforeAll(async () => {
    product = await startTestProduct({ operator: { whenUnavailable } });
    const admin = await as(product.cluster, "root", ["system:masters"]);
    closing.push(() => admin.close());
    ask = admin;
    const { kube } = product;
    await kube.create(regions!, region("eu-west-1"));
    await kube.create(regions!, region("us-east-1"));
    const selecting = (team: string) => ({ tenantSelector: { matchLabels: { team } } });
    const both = { allowed: { regions: ["eu-west-1", "us-east-1"] } };
    const eu = { allowed: { jurisdictions: ["EU"] } };
    await kube.create(policies!, policy("enforced", { ...selecting("enforced"), ...eu }));
    await kube.create(policies!, policy("audited", { ...selecting("audited"), ...eu, mode: "Audit" }));
    await kube.create(policies!, policy("narrowed", { ...selecting("narrowed"), ...both }));
    const spec = { regions: ["eu-west-1", "us-east-1"] };
    for (const name of names) await kube.create(tenants!, tenant(name, spec, { team: name }));
    await inForce("enforced", "Enforce", "eu-west-1");
    await inForce("audited", "Audit", "eu-west-1");
    await inForce("narrowed", "Enforce", "eu-west-1,us-east-1");
    for (const name of names) {
      await until(
        `the service account of ${name}`,
        () => ask("GET", `/api/v1/namespaces/${name}/serviceaccounts/default`),
        (seen) => seen.status === 200,
      );
      const abroad = name === "enforced" ? {} : { nodeSelector: { [topology]: "us-east-1" } };
      const template = { metadata: { labels }, spec: { ...abroad, containers } };
      const deployment = { replicas: 3, selector: { matchLabels: labels }, template };
      await until(`the Deployment of ${name}`, async () => {
        const body = {
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: { name: "web" },
          spec: deployment,
        };
        return (await ask("POST", web(name).replace("/web", ""), body)).status < 300;
      });
      const waiting = { restartPolicy: "Never", schedulerName: "nobody", containers };
      passed(
        await ask("POST", job(name).replace("/work", ""), {
          apiVersion: "batch/v1",
          kind: "Job",
          metadata: { name: "work" },
          spec: { template: { spec: waiting } },
        }),
      );
      await until(`the pods of ${name}`, async () => {
        return (
          (await running(name)).length === 3 &&
          (await podsOf(name, "batch.kubernetes.io/job-name%3Dwork")).length === 1
        );
      });
    }
    await kube.patch(policies!, "narrowed", "merge", { spec: { allowed: { regions: ["eu-west-1"] } } });
    await inForce("narrowed", "Enforce", "eu-west-1");
    expect((await running("narrowed")).every(({ spec }) => spec.nodeName.startsWith("us-"))).toBe(true);
    // Its registration stays, and nobody answers.
    await product.stopWebhook();
  }, 240_000);
  afterAll(async () => {
    for (const close of closing) await close();
    await product?.stop();
  }, 180_000);

  test("it is asked, and nobody answers", async () => {
    const place = { spec: { template: { spec: { nodeSelector: { [topology]: "eu-west-1" } } } } };
    const { status, message } = await ask("PATCH", `${web("enforced")}?dryRun=All`, place, merge);
    if (whenUnavailable === "available") expect(status).toBe(200);
    else
      expect({ status, message }).toEqual({
        status: 500,
        message: expect.stringContaining("failed calling webhook"),
      });
  });

  describe.each(names)("the tenant that is %s", (name) => {
    test("a kubelet's word about a pod is taken", async () => {
      const [pod] = await running(name);
      const path = `${pods(name)}/${pod?.metadata.name}/status`;
      passed(await ask("PATCH", path, { status: { message: "from a kubelet" } }, merge));
    });

    test("labels, annotations and finalizers come and go", async () => {
      const [pod] = await running(name);
      for (const path of [web(name), `${pods(name)}/${pod?.metadata.name}`]) {
        const metadata = {
          labels: { seen: "yes" },
          annotations: { note: "x" },
          finalizers: ["example.com/wait"],
        };
        passed(await ask("PATCH", path, { metadata }, merge));
        passed(await ask("PATCH", path, { metadata: { finalizers: null } }, merge));
      }
    });

    test("it is scaled down, by its scale and by its spec, and its pods go", async () => {
      passed(await ask("PATCH", `${web(name)}/scale`, { spec: { replicas: 2 } }, merge));
      passed(await ask("PATCH", web(name), { spec: { replicas: 1 } }, merge));
      await until(
        "one pod left",
        () => podsOf(name, "app%3Dweb"),
        (seen) => seen.length === 1,
      );
    });

    test("a Job completes, and its pod is let go of", async () => {
      const selector = "batch.kubernetes.io/job-name%3Dwork";
      const [pod] = await podsOf(name, selector);
      expect(pod?.metadata.finalizers).toEqual(["batch.kubernetes.io/job-tracking"]);
      const path = `${pods(name)}/${pod?.metadata.name}/status`;
      passed(await ask("PATCH", path, { status: { phase: "Succeeded" } }, merge));
      await until("the Job complete", async () => {
        const { status } = (await ask("GET", job(name))).object;
        return status.conditions?.some(
          (one: { type: string; status: string }) => one.type === "Complete" && one.status === "True",
        );
      });
      expect((await podsOf(name, selector))[0]?.metadata.finalizers ?? []).toEqual([]);
    });

    test("what it has is deleted, and its namespace", async () => {
      passed(await ask("DELETE", web(name)));
      await until(
        "no pod left",
        () => podsOf(name, "app%3Dweb"),
        (seen) => seen.length === 0,
      );
      const path = `/api/v1/namespaces/${name}`;
      const { uid } = (await ask("GET", path)).object.metadata;
      passed(await ask("DELETE", path));
      // The Tenant still claims the name: the operator makes it again.
      await until(
        "the namespace gone",
        () => ask("GET", path),
        (seen) => seen.object.metadata?.uid !== uid,
        { timeoutMs: 60_000 },
      );
    }, 90_000);
  });

  test("nodes, volumes and classes are nobody's business", async () => {
    const node = "/api/v1/nodes/us-east-1-0";
    passed(await ask("PATCH", node, { metadata: { labels: { seen: "yes" } } }, merge));
    passed(await ask("PATCH", node, { spec: { unschedulable: true } }, merge));
    passed(await ask("PATCH", `${node}/status`, { status: { nodeInfo: { bootID: "another" } } }, merge));
    passed(await ask("PATCH", node, { spec: { unschedulable: null } }, merge));
    const objects: [string, KubeObject][] = [
      [
        "/apis/storage.k8s.io/v1/storageclasses",
        {
          apiVersion: "storage.k8s.io/v1",
          kind: "StorageClass",
          metadata: { name: "any" },
          provisioner: "example.com/any",
        },
      ],
      [
        "/api/v1/persistentvolumes",
        {
          apiVersion: "v1",
          kind: "PersistentVolume",
          metadata: { name: "any" },
          spec: {
            capacity: { storage: "1Gi" },
            accessModes: ["ReadWriteOnce"],
            csi: { driver: "example.com", volumeHandle: "any" },
          },
        },
      ],
    ];
    for (const [path, object] of objects) {
      passed(await ask("POST", path, object));
      passed(await ask("PATCH", `${path}/any`, { metadata: { labels: { seen: "yes" } } }, merge));
      passed(await ask("DELETE", `${path}/any`));
    }
  });
});

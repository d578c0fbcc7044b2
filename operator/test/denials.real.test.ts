import { connect, type Resource } from "@companyos/kube";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { declareAcme, startTestProduct, type TestProduct } from "./product.ts";

const logs = ["eu-west-1", "us-east-1"];
const actualNode = "companyos-actual-node";
let product: TestProduct;

beforeAll(async () => {
  product = await startTestProduct();
  await declareAcme(product.kube);
  // Nobody answers for the webhook: what follows is refused by policies alone.
  await product.stopWebhook();
}, 180_000);
afterAll(() => product?.stop(), 180_000);

/** Posts bindings to a US node and gives the number of those that the policy refused. */
async function bindAbroad(times: number): Promise<number> {
  let refused = 0;
  for (let i = 0; i < times; i++) {
    const { status, text } = await product.kube.raw("/api/v1/namespaces/acme/bindings", {
      method: "POST",
      body: {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name: "ghost", namespace: "acme" },
        target: { kind: "Node", name: "us-east-1-0" },
      },
    });
    if (status === 403 && text.includes(actualNode)) refused += 1;
  }
  return refused;
}

const told = async (log: string) =>
  (await product.receiptsOfLog(log, "admission.denied_in_process")).filter(
    ({ disclosed }) => disclosed.policies[0] === actualNode,
  );

/** How many requests each of our webhooks did not respond to, by the first word of its name. */
async function undecided(log: string): Promise<{ bindings: number; placements: number }> {
  const sums = { bindings: 0, placements: 0 };
  for (const { claims, disclosed } of await product.receiptsOfLog(log, "admission.undecided")) {
    expect(claims).toMatchObject({ sub: "_log", decision: "none", reason: "WEBHOOK_UNANSWERED" });
    sums[disclosed.name.split(".")[0] as keyof typeof sums] += claims.count;
  }
  return sums;
}

async function accounted(total: number): Promise<void> {
  for (const log of logs) {
    let sum = -1;
    await until(`${total} refusals in the log of ${log}`, async () => {
      sum = (await told(log)).reduce((all, { claims }) => all + claims.count, 0);
      return sum >= total;
    });
    expect([log, sum]).toEqual([log, total]);
  }
}

test("what the operator itself installs and updates is not reported as somebody's tampering", async () => {
  for (const log of logs) {
    const changes = await product.receiptsOfLog(log, "policy.changed");
    expect(changes.filter(({ claims }) => claims.reason === "ADMISSION_RESTORED")).toEqual([]);
  }
});

test("what the policies refuse is counted in the log of every region, naming no tenant", async () => {
  expect(await bindAbroad(3)).toBe(3);
  await accounted(3);
  for (const log of logs) {
    for (const { claims, disclosed } of await told(log)) {
      expect(claims).toMatchObject({
        sub: "_log",
        decision: "block",
        reason: "DENIED_IN_PROCESS",
        requested: [],
      });
      expect(disclosed).toMatchObject({ tenant: null, user: null, cluster: "test" });
      expect(disclosed.details).toMatchObject({ attributable: false, policy: actualNode });
    }
  }
  const page = await (await fetch(product.metrics.operator)).text();
  expect(page).toContain(`residency_denied_in_process_total{policy="${actualNode}"} 3`);
}, 180_000);

test("what is refused while no operator runs is accounted for when it is back, and nothing twice", async () => {
  await product.stopOperator();
  expect(await bindAbroad(4)).toBe(4);
  await product.startOperator();
  await accounted(7);
  await product.stopOperator();
  await product.startOperator();
  expect(await bindAbroad(1)).toBe(1);
  await accounted(8);
}, 180_000);

test("what went on because the webhook did not respond is counted too: bindings, and templates that nobody decided", async () => {
  // The node map refuses a binding after the silence of the webhook: it is in both counts.
  expect(await bindAbroad(2)).toBe(2);
  const labels = { app: "unjudged" };
  const { status } = await product.kube.raw("/api/v1/namespaces/acme/podtemplates", {
    method: "POST",
    body: {
      apiVersion: "v1",
      kind: "PodTemplate",
      metadata: { name: "unjudged" },
      template: {
        metadata: { labels },
        spec: {
          nodeSelector: { "topology.kubernetes.io/region": "us-east-1" },
          containers: [{ name: "main", image: "nginx:1.29" }],
        },
      },
    },
  });
  expect(status).toBe(201);
  for (const log of logs) {
    let counts = { bindings: 0, placements: 0 };
    await until(`ten bindings and a template in the log of ${log}`, async () => {
      counts = await undecided(log);
      return counts.bindings >= 10 && counts.placements >= 1;
    });
    expect([log, counts]).toEqual([log, { bindings: 10, placements: 1 }]);
  }
  const page = await (await fetch(product.metrics.operator)).text();
  expect(page).toMatch(/residency_undecided_total\{webhook="placements.residency.companyos.io"\} \d/);
  // An API server's page is no snapshot: these refusals may be in a later one, and the next test starts it again.
  await accounted(10);
}, 180_000);

test("an API server that was started again counts from 0, and that is understood", async () => {
  await product.cluster.restart("kube-apiserver");
  await until(
    "the policies to be in force",
    () => bindAbroad(1),
    (seen) => seen === 1,
  );
  expect(await bindAbroad(12)).toBe(12);
  await accounted(23);
  const starts = new Set(
    (await told("eu-west-1")).map(({ disclosed }) => disclosed.details.apiServerStarted),
  );
  expect(starts.size).toBe(2);
}, 180_000);

test("an operator that lost the lead and has it again goes on where it was", async () => {
  const { kube, logs: lines } = product;
  const holder = {
    holderIdentity: "somebody",
    leaseDurationSeconds: 1,
    renewTime: new Date().toISOString().replace("Z", "000Z"),
  };
  const lease: Resource = {
    group: "coordination.k8s.io",
    version: "v1",
    plural: "leases",
    kind: "Lease",
    namespaced: true,
  };
  // It may have lost it before, while the API server was away.
  const mark = lines.length;
  await kube.patch(lease, "companyos-operator", "merge", { spec: holder }, { namespace: "companyos-system" });
  await until("the lead to be lost", () => lines.slice(mark).some((line) => line.includes("lost the lead")));
  const counter = `residency_denied_in_process_total{policy="${actualNode}"}`;
  const metrics = async () => (await fetch(product.metrics.operator)).text();
  await until(
    "the last lead's counters to be gone",
    () => metrics(),
    (seen) => !seen.includes(counter),
  );
  expect(await bindAbroad(2)).toBe(2);
  await accounted(25);
  expect(lines.filter((line) => line.includes("leading failed"))).toEqual([]);
  expect(await metrics()).toContain(`${counter} 2`);
}, 180_000);

test("guards count too: whoever deletes a configuration of the product leaves a number", async () => {
  const { kubeconfig } = await product.cluster.createUser("admin", ["system:masters"]);
  const admin = await connect({ kubeconfig });
  const path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/companyos-residency";
  expect((await admin.raw(path, { method: "DELETE" })).status).toBe(403);
  await admin.close();
  await until("the guard's refusal in the log", async () => {
    const receipts = await product.receiptsOfLog("us-east-1", "admission.denied_in_process");
    return receipts.some(({ disclosed }) => disclosed.policies[0] === "companyos-object-guard");
  });
}, 180_000);

/** What a tenant may make the API server and the log spend: too much is refused in words of ours, counted, and recorded. */

import { maxTerms } from "@companyos/policies";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type ApiResponse, as, type Call, merge } from "./as.ts";
import { declareAcme, startTestProduct, type TestProduct } from "./product.ts";

const logs = ["eu-west-1", "us-east-1"];
const pods = "/api/v1/namespaces/acme/pods";
const replicaSets = "/apis/apps/v1/namespaces/acme/replicasets";
const pinPath = "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies/companyos-pin";
const containers = [{ name: "main", image: "nginx:1.29" }];

let product: TestProduct;
let keeper: Call & { close(): Promise<void> };

beforeAll(async () => {
  product = await startTestProduct();
  keeper = await as(product.cluster, "attempts-keeper", ["system:masters", "companyos:break-glass"]);
  await declareAcme(product.kube);
  await until("the policies and the webhook to be in force", async () => {
    const { message } = await keeper("POST", `${pods}?dryRun=All`, pod("probe", { nodeName: "us-east-1-0" }));
    const excess = await keeper("POST", `${pods}?dryRun=All`, pod("probe", terms(maxTerms + 1)));
    return message.includes("CROSS_REGION") && excess.message.includes("TOO_MANY_TERMS");
  });
}, 180_000);
afterAll(async () => {
  await keeper?.close();
  await product?.stop();
}, 180_000);

const terms = (count: number) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: Array.from({ length: count }, (_, i) => ({
          matchExpressions: [{ key: `label-${i}`, operator: "Exists" }],
        })),
      },
    },
  },
});
const pod = (name: string, spec: object) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: { containers, ...spec },
});
const replicaSet = (name: string, replicas: number, spec: object) => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers, ...spec } },
  },
});
const refusedWithReceipt = ({ status, message }: ApiResponse) => {
  expect(status).toBe(403);
  expect(message).toMatch(
    /admission webhook .* denied the request: .*\[TOO_MANY_TERMS, receipt [-0-9a-f]{36};/,
  );
};

/** How many refusals by a policy the log of a region has receipts for. */
async function accounted(log: string, policy: string): Promise<number> {
  const receipts = await product.receiptsOfLog(log, "admission.denied_in_process");
  return receipts
    .filter(({ disclosed }) => disclosed.policies[0] === policy)
    .reduce((sum, { claims }) => sum + claims.count, 0);
}

test("a pod with too many terms is told why and leaves a receipt, as does what would make such pods", async () => {
  refusedWithReceipt(await keeper("POST", pods, pod("excessive", terms(maxTerms + 1))));
  refusedWithReceipt(await keeper("POST", replicaSets, replicaSet("excessive", 1, terms(maxTerms + 1))));
  const lawful = await keeper("POST", `${pods}?dryRun=All`, pod("much", terms(maxTerms)));
  expect([lawful.status, lawful.message]).toEqual([201, ""]);
});

test("a ReplicaSet's pods, refused again and again under other names, have one receipt", async () => {
  // Nobody decides on the template: its pods are refused once somebody does again.
  await product.stopWebhook();
  const abroad = { nodeSelector: { "topology.kubernetes.io/region": "us-east-1" } };
  expect((await keeper("POST", replicaSets, replicaSet("abroad", 0, abroad))).status).toBe(201);
  await product.startWebhook();
  const scaled = await keeper("PATCH", `${replicaSets}/abroad`, { spec: { replicas: 10 } }, merge);
  expect([scaled.status, scaled.message]).toEqual([200, ""]);
  let said: { note: string; series?: { count: number }; deprecatedCount?: number }[] = [];
  await until(
    "the controller to have tried again",
    async () => {
      const path = "/apis/events.k8s.io/v1/namespaces/acme/events";
      const { object } = await keeper("GET", `${path}?fieldSelector=reason%3DFailedCreate`);
      said = object.items.filter(
        ({ regarding }: { regarding: { name: string } }) => regarding.name === "abroad",
      );
      const tries = said.reduce(
        (sum, { series, deprecatedCount }) => sum + (series?.count ?? deprecatedCount ?? 1),
        0,
      );
      return tries >= 5;
    },
    Boolean,
    { timeoutMs: 60_000 },
  );
  const receipts = new Set(said.map(({ note }) => /receipt ([-0-9a-f]{36})/.exec(note)?.[1] ?? note));
  expect([...receipts]).toEqual([expect.stringMatching(/^[-0-9a-f]{36}$/)]);
}, 120_000);

test("while no webhook answers, the requirement refuses them, and they are counted", async () => {
  await product.stopWebhook();
  const { status, message } = await keeper("POST", pods, pod("excessive", terms(4_000)));
  expect([status, message]).toEqual([
    403,
    expect.stringContaining("TOO_MANY_TERMS (policy companyos-pinned)"),
  ]);
  for (const log of logs)
    await until(
      `the refusal in the log of ${log}`,
      () => accounted(log, "companyos-pinned"),
      (seen) => seen > 0,
    );
}, 120_000);

test("what the pin itself could not evaluate is refused, counted, and recorded in the log of every region", async () => {
  await product.stopOperator();
  // What it looks at is bounded, so it has to be made to fail: for this pod alone, since others are made meanwhile.
  const { object } = await keeper("GET", pinPath);
  const variables = object.spec.variables.map(
    ({ name, expression }: { name: string; expression: string }) => ({
      name,
      expression:
        name === "authority"
          ? `object.metadata.?name.orValue('') == 'excessive' ? namespaceObject.metadata.labels['no-such-label'] : ${expression}`
          : expression,
    }),
  );
  expect((await keeper("PATCH", pinPath, { spec: { variables } }, merge)).status).toBe(200);
  let refused = 0;
  await until(
    "the pin to refuse by itself",
    async () => {
      const { status, message } = await keeper("POST", pods, pod("excessive", {}));
      if (status === 403 && message.includes("policy 'companyos-pin' ")) refused++;
      return refused >= 2;
    },
    Boolean,
    { timeoutMs: 60_000 },
  );
  await product.startOperator();
  for (const log of logs) {
    let sum = 0;
    await until(`the refusals in the log of ${log}`, async () => {
      sum = await accounted(log, "companyos-pin");
      return sum >= refused;
    });
    expect([log, sum]).toEqual([log, refused]);
  }
  const page = await (await fetch(product.metrics.operator)).text();
  expect(page).toContain(`residency_denied_in_process_total{policy="companyos-pin"} ${refused}`);
  await until("the pin to be put back", async () => {
    const { object } = await keeper("GET", pinPath);
    return !JSON.stringify(object.spec.variables).includes("no-such-label");
  });
}, 180_000);

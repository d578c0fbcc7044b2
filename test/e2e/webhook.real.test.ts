import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Api, openApi } from "../src/api.ts";
import { declared, refusedByAll } from "../src/declare.ts";
import { provenEvidence, receiptIdIn, sumOfMetric } from "../src/evidence.ts";
import { type Product, startProduct } from "../src/product.ts";
import { until } from "../src/until.ts";
import { asApiServer, review } from "../src/webhook.ts";

const tenant = `outage-${Date.now().toString(36)}`;
const region = "topology.kubernetes.io/region";
const merge = "application/merge-patch+json";

/** JSON that a parser which recurses would die of. */
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

let product: Product;
let api: Api;
let caller: Awaited<ReturnType<typeof asApiServer>>;

beforeAll(async () => {
  product = await startProduct();
  api = await openApi(product.dev.kubeconfig);
  caller = await asApiServer(product);
  await declared(api, tenant);
}, 180_000);

afterAll(async () => {
  await api?.close();
  await product?.stop();
}, 180_000);

const containers = [{ name: "main", image: "nginx:1.29" }];
const abroad = { nodeSelector: { [region]: "us-east-1" }, containers };
const deployments = `/apis/apps/v1/namespaces/${tenant}/deployments`;
const pods = `/api/v1/namespaces/${tenant}/pods`;
const started = () => sumOfMetric(product.dev.metrics.webhook, "process_start_time_seconds");
const replicasReady = async () => {
  const responses = await Promise.all(
    product.dev.metrics.webhook.map((url) => fetch(url.replace(/metrics$/, "readyz"))),
  );
  return responses.every(({ status }) => status === 200);
};

function deployment(name: string, replicas: number, spec: object) {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

describe("whatever is posted to the webhook is answered, and it lives", () => {
  let before: number;
  beforeAll(async () => {
    before = await started();
  });

  const lawless = { spec: { nodeSelector: { [region]: "us-east-1" }, containers } };
  const unlawful = () => review(tenant, lawless);

  /** Several times: each connection may reach another replica. */
  async function respond(body: string | Buffer, init?: Parameters<typeof caller.send>[1]) {
    const all = [];
    for (let i = 0; i < 4; i++) all.push(await caller.send(body, init));
    for (const { status } of all) expect(status).toBe(all[0]?.status);
    return all[0] as Awaited<ReturnType<typeof caller.send>>;
  }

  afterAll(async () => {
    expect(await started()).toBe(before);
    expect(await replicasReady()).toBe(true);
    const { status, json } = await respond(unlawful());
    expect(status).toBe(200);
    expect(json.response).toMatchObject({ allowed: false, status: { code: 403 } });
  });

  test("what is no review: 400 and a Status", async () => {
    for (const body of ["", "{", "null", "[]", "7", '"text"', "{}", '{"request":{}}', "\u0000", "a=b&c=d"]) {
      const { status, json } = await respond(body);
      expect({ body, status, kind: json.kind }).toEqual({ body, status: 400, kind: "Status" });
      expect(json.message).toContain("REQUEST_MALFORMED");
    }
  });

  test("100,000 levels, as the body and in every place where a placement is read", async () => {
    expect((await respond(nested(100_000))).status).toBe(400);
    expect((await respond("[".repeat(100_000))).status).toBe(400);
    for (const place of ["affinity", "nodeSelector", "nodeName", "tolerations"]) {
      const body = unlawful().replace('"containers":', `"${place}":${nested(100_000)},"containers":`);
      const { status, json } = await respond(body);
      expect({ place, status, allowed: json.response?.allowed }).toEqual({
        place,
        status: 200,
        allowed: false,
      });
    }
  });

  test("object and old object beyond 6 MiB together are read and decided; beyond 8 MiB 413", async () => {
    const big = (place: string) => ({
      metadata: { name: "big", annotations: { padding: "x".repeat(3_300_000) } },
      spec: { nodeSelector: { [region]: place }, containers },
    });
    const update = review(
      tenant,
      {},
      { operation: "UPDATE", object: big("us-east-1"), oldObject: big("eu-west-1") },
    );
    expect(update.length).toBeGreaterThan(6 * 1024 * 1024);
    const { status, json } = await respond(update);
    expect(status).toBe(200);
    expect(json.response.allowed).toBe(false);
    expect((await respond(Buffer.alloc(9 * 1024 * 1024, " "))).status).toBe(413);
  });

  test("a key given twice: what is decided is what a Go decoder would keep, the last one", async () => {
    const twice = (first: string, last: string) =>
      unlawful().replace(
        JSON.stringify(lawless.spec.nodeSelector),
        `{"${region}":"${first}"},"nodeSelector":{"${region}":"${last}"}`,
      );
    expect((await respond(twice("eu-west-1", "us-east-1"))).json.response.allowed).toBe(false);
    // Lawful by its region, and refused all the same, because nothing pinned it.
    const { json } = await respond(twice("us-east-1", "eu-west-1"));
    expect(json.response.status?.message ?? "").not.toContain("us-east-1");
  });

  test("another content type, no content type, GET, other paths", async () => {
    for (const type of ["text/plain", "application/yaml", "multipart/form-data; boundary=x", ""]) {
      const { status, json } = await respond(unlawful(), { headers: { "content-type": type } });
      expect([200, 400, 415]).toContain(status);
      if (status === 200) expect(json.response.allowed).toBe(false);
    }
    for (const method of ["GET", "PUT", "DELETE", "PATCH"])
      expect((await respond("", { method })).status).toBe(404);
  });

  test("headers of 15 KB are read over, of 60 KB refused with 431", async () => {
    const header = (bytes: number) => ({ headers: { "x-long": "x".repeat(bytes) } });
    expect((await respond(unlawful(), header(15_000))).status).toBe(200);
    expect((await respond(unlawful(), header(60_000))).status).toBe(431);
  });

  test("nothing of it was counted or recorded", async () => {
    expect(
      await sumOfMetric(product.dev.metrics.webhook, "residency_cross_region_block_total", { tenant }),
    ).toBe(0);
  });
});

describe("without the webhook", () => {
  let refused = 0;
  let holding = false;
  let holder: Promise<void> | undefined;

  /** Process ids of the replicas that run now; `dev.json` tells only the first ones. */
  async function replicas(): Promise<number[]> {
    const text = await readFile(join(product.stateDir, "processes.json"), "utf8");
    const { processes } = JSON.parse(text) as { processes: { name: string; pid: number }[] };
    return processes.filter(({ name }) => name.startsWith("companyos-webhook-")).map(({ pid }) => pid);
  }

  async function signalled(signal: NodeJS.Signals): Promise<void> {
    for (const pid of await replicas()) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has ended already.
      }
    }
  }

  /** kill -9, and again whenever they come back. */
  function keepDown(): void {
    holding = true;
    holder = (async () => {
      while (holding) {
        await signalled("SIGKILL");
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
  }

  async function letUp(): Promise<void> {
    holding = false;
    await holder;
  }

  const podsOf = async (app: string): Promise<Pod[]> =>
    (await api.request("GET", `${pods}?labelSelector=app%3D${app}`)).body.items;

  beforeAll(async () => {
    const created = await api.request("POST", deployments, deployment("before", 3, { containers }));
    expect(created.status).toBe(201);
    // Refusals whose window is open when the replicas are killed.
    for (let i = 0; i < 6; i++) {
      const { status } = await api.request("POST", deployments, deployment("refused", 1, abroad));
      expect(status).toBe(403);
      refused += 1;
    }
    keepDown();
    await until(
      "no replica answers",
      () =>
        caller.send("{}").then(
          () => false,
          () => true,
        ),
      Boolean,
    );
  }, 180_000);

  afterAll(letUp);

  test("pods that say nothing of a region run, and only at home", async () => {
    expect((await api.request("POST", deployments, deployment("lawful", 4, { containers }))).status).toBe(
      201,
    );
    const running = await until(
      "four pods running",
      () => podsOf("lawful"),
      (items) => items.filter(({ status }) => status.phase === "Running").length === 4,
    );
    for (const { spec } of running) expect(spec.nodeName).toMatch(/^eu-west-1-/);
  });

  test("a template that leads abroad is admitted, and its pods run nowhere", async () => {
    expect((await api.request("POST", deployments, deployment("unlawful", 2, abroad))).status).toBe(201);
    const term = (value: string) => ({
      matchExpressions: [{ key: region, operator: "In", values: [value] }],
    });
    const either = {
      containers,
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [term("us-east-1"), term("eu-west-1")],
          },
        },
      },
    };
    expect((await api.request("POST", deployments, deployment("either", 4, either))).status).toBe(201);
    await until(
      "the lawful half of the alternatives taken",
      () => podsOf("either"),
      (items) => items.filter(({ status }) => status.phase === "Running").length === 4,
    );
    for (const { spec } of await podsOf("either")) expect(spec.nodeName).toMatch(/^eu-west-1-/);
    // Waited for: created once the webhook is back, they would be refusals of their own.
    const nowhere = await until(
      "the unlawful pods created",
      () => podsOf("unlawful"),
      (items) => items.length === 2,
    );
    for (const { spec } of nowhere) expect(spec.nodeName).toBeUndefined();
  });

  test("a node named abroad is refused by the API server itself, in a pod and in a binding", async () => {
    const pod = (name: string, spec: object) => ({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec });
    const direct = await api.request("POST", pods, pod("direct", { nodeName: "us-east-1-0", containers }));
    expect(direct).toMatchObject({ status: 403, body: { message: expect.stringContaining("companyos-") } });
    const own = await api.request("POST", pods, pod("own", { schedulerName: "nobody", containers }));
    expect(own.status).toBe(201);
    const target = { apiVersion: "v1", kind: "Node", name: "us-east-1-0" };
    const binding = { apiVersion: "v1", kind: "Binding", metadata: { name: "own" }, target };
    const bound = await api.request("POST", `${pods}/own/binding`, binding);
    expect(bound).toMatchObject({ status: 403, body: { message: expect.stringContaining("companyos-") } });
  });

  test("status, labels, scale-down and deletion go through", async () => {
    const path = `${deployments}/before`;
    const expectThrough = async (method: string, where: string, body?: object) =>
      expect(await api.request(method, where, body, merge)).toMatchObject({ status: 200 });
    await expectThrough("PATCH", `${path}/status`, { status: { collisionCount: 1 } });
    await expectThrough("PATCH", path, {
      metadata: { labels: { seen: "yes" }, finalizers: ["example.com/wait"] },
    });
    await expectThrough("PATCH", `${path}/scale`, { spec: { replicas: 1 } });
    await until(
      "one pod left",
      () => podsOf("before"),
      (items) => items.length === 1,
    );
    const [pod] = await podsOf("before");
    await expectThrough("PATCH", `${pods}/${pod?.metadata.name}/status`, { status: { message: "kubelet" } });
    await expectThrough("DELETE", path);
    await expectThrough("PATCH", path, { metadata: { finalizers: null } });
    await until(
      "no pod left",
      () => podsOf("before"),
      (items) => items.length === 0,
    );
  });

  test("it comes back by itself, refuses again, and the evidence counts what was refused before", async () => {
    await letUp();
    await until("both replicas ready", replicasReady, Boolean, { timeoutMs: 40_000 });
    // Not asked by real ones: a Deployment that is stored meanwhile would be taken up by its controller, whose
    // ReplicaSet is then a refusal of its own.
    await until("refused again", () => refusedByAll(api, tenant, 8), Boolean);
    const again = await api.request("POST", deployments, deployment("refused-again", 1, abroad));
    expect(again.status).toBe(403);
    refused += 1;
    expect(receiptIdIn(again.body.message)).toBeDefined();
    const covers = await until(
      "every refusal in the evidence",
      () => provenEvidence(product, tenant),
      ({ blocks }) => blocks >= refused,
      { timeoutMs: 40_000 },
    );
    expect(covers).toMatchObject({ blocks: refused, outside: 0 });
  }, 120_000);

  test("a replica that hangs is not waited for longer than the registration says", async () => {
    await signalled("SIGSTOP");
    try {
      const begin = Date.now();
      const { status } = await api.request("POST", deployments, deployment("patient", 1, { containers }));
      expect(status).toBe(201);
      expect(Date.now() - begin).toBeLessThan(15_000);
    } finally {
      await signalled("SIGCONT");
    }
    await until("both replicas ready", replicasReady, Boolean);
  }, 180_000);
});

interface Pod {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly phase: string };
}

/** A replica in the memory that the chart gives it, under more large reviews at once than fit, and a crowd of strangers. */
import { readFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { load } from "js-yaml";
import { openApi } from "../src/api.ts";
import { declared } from "../src/declare.ts";
import { sumOfMetric } from "../src/evidence.ts";
import { review } from "../src/webhook.ts";
import { record } from "./figures.ts";
import { type Limited, limitMemory } from "./limited.ts";
import { type BreakableProduct, startBreakable } from "./product.ts";

const tenant = "acme";
const values = fileURLToPath(new URL("../../charts/companyos/values.yaml", import.meta.url));

let product: BreakableProduct;
let limited: Limited;
let limit: number;
let tls: { ca: string; cert: string; key: string };

beforeAll(async () => {
  product = await startBreakable({ webhookReplicas: 1 });
  const api = await openApi(product.dev.kubeconfig);
  await declared(api, tenant);
  await api.close();
  const chart = load(await readFile(values, "utf8")) as {
    webhook: { resources: { limits: { memory: string } } };
  };
  limit = Number(/^(\d+)Mi$/.exec(chart.webhook.resources.limits.memory)?.[1]) * 1024 * 1024;
  limited = await limitMemory(pid(), limit, "webhook");
  const read = (file: string) => readFile(file, "utf8");
  const { ca, caller } = product.dev;
  tls = { ca: await read(ca), cert: await read(caller.cert), key: await read(caller.key) };
}, 180_000);
afterAll(async () => {
  await limited?.release();
  await product?.stop();
}, 180_000);

const webhook = () => product.of("webhook")[0]!;
const pid = () => webhook().process!.pid;
const metric = (name: string) => sumOfMetric(product.dev.metrics.webhook, name);
const region = (name: string) => ({ "topology.kubernetes.io/region": name });

/** Object and old object of 3 MiB each, as large as an API server takes them. */
const shapes: Record<string, (name: string) => string> = {
  "one long text": (name) =>
    update(name, (mark) => ({ metadata: { name, annotations: { mark, x: "x".repeat(3_100_000) } } })),
  "text that is not ASCII": (name) =>
    update(name, (mark) => ({ metadata: { name, annotations: { mark, x: "ж".repeat(1_550_000) } } })),
  "a hundred thousand labels": (name) =>
    update(name, (mark) => ({
      metadata: {
        name,
        labels: Object.fromEntries(
          Array.from({ length: 100_000 }, (_, i) => [`${mark}-${i}`, "x".repeat(16)]),
        ),
      },
    })),
  "empty tolerations": (name) =>
    update(name, (mark) => ({
      metadata: { name, annotations: { mark, x: "x".repeat(2_700_000) } },
      spec: { tolerations: Array.from({ length: 95_000 }, () => ({})) },
    })),
  "a million empty tolerations": (name) =>
    update(name, () => ({
      metadata: { name },
      spec: { tolerations: Array.from({ length: 1_000_000 }, () => ({})) },
    })),
};

function update(name: string, of: (mark: string) => { metadata: object; spec?: object }): string {
  const version = (mark: string) => {
    const { metadata, spec } = of(mark);
    return {
      apiVersion: "v1",
      kind: "Pod",
      metadata,
      spec: { nodeSelector: region(mark === "new" ? "us-east-1" : "eu-west-1"), containers: [], ...spec },
    };
  };
  const uid = crypto.randomUUID();
  return review(
    tenant,
    {},
    {
      uid,
      name,
      operation: "UPDATE",
      dryRun: false,
      object: version("new"),
      oldObject: version("old"),
    },
  );
}

interface Reply {
  readonly status: number;
  readonly allowed: boolean | undefined;
  readonly retryAfter: string | undefined;
}

function post(agent: Agent, body: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const url = `https://127.0.0.1:${webhook().pod.listenPort}/admit`;
    const outgoing = request(url, { method: "POST", agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const { response: decision } = JSON.parse(text) as { response?: { allowed: boolean } };
        resolve({
          status: response.statusCode!,
          allowed: decision?.allowed,
          retryAfter: response.headers["retry-after"],
        });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** As the API server's client: what is to be asked again is asked again. */
async function insisting(agent: Agent, body: string): Promise<Reply> {
  for (;;) {
    const reply = await post(agent, body);
    if (reply.status !== 503) return reply;
    expect(reply.retryAfter).toBe("1");
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** Connects again and again, announces 8 MiB and sends what is taken, until told to stop. */
function crowd(size: number): { stop(): Promise<number> } {
  let going = true;
  let refused = 0;
  const body = Buffer.alloc(256 * 1024, 0x20);
  const one = () =>
    new Promise<void>((resolve) => {
      const socket = connect({
        host: "127.0.0.1",
        port: webhook().pod.listenPort,
        ca: tls.ca,
        checkServerIdentity: () => undefined,
      });
      socket.on("error", () => {});
      socket.on("close", () => resolve());
      socket.once("data", () => refused++);
      socket.once("secureConnect", () => {
        socket.write(`POST /admit HTTP/1.1\r\nhost: x\r\ncontent-length: ${8 << 20}\r\n\r\n`);
        socket.write(body);
      });
    });
  const all = Array.from({ length: size }, async () => {
    while (going) await one();
  });
  return {
    async stop() {
      going = false;
      await Promise.all(all);
      return refused;
    },
  };
}

test("24 reviews of 6 MiB at once, of every shape, beside a crowd of strangers: each is answered, within the limit", async () => {
  const started = await metric("process_start_time_seconds");
  const agent = new Agent({ ...tls, keepAlive: true, checkServerIdentity: () => undefined });
  expect(
    (await post(agent, review(tenant, { spec: { nodeSelector: region("us-east-1"), containers: [] } })))
      .status,
  ).toBe(200);
  const strangers = crowd(100);
  const figures: Record<string, string> = {};
  try {
    for (const [shape, make] of Object.entries(shapes)) {
      const body = make("big");
      const replies = await Promise.all(Array.from({ length: 24 }, () => insisting(agent, body)));
      expect({ shape, replies: replies.filter(({ status, allowed }) => status !== 200 || allowed) }).toEqual({
        shape,
        replies: [],
      });
      figures[shape] =
        `${Math.round(body.length / 1024 / 1024)} MiB each; peak so far ${Math.round((await limited.peak()) / 1024 / 1024)} MiB`;
    }
  } finally {
    const refused = await strangers.stop();
    figures["strangers refused"] = String(refused);
    agent.destroy();
    record(`reviews of 6 MiB, 24 at once, in ${limit / 1024 / 1024} MiB (${limited.by})`, figures);
    console.log(JSON.stringify(figures, null, 1));
  }
  expect(await metric("process_start_time_seconds")).toBe(started);
  expect(await limited.peak()).toBeLessThan(limit);
  expect(await metric("residency_webhook_body_bytes")).toBe(0);
  expect(await metric("residency_webhook_decoded_bytes")).toBe(0);
}, 300_000);

/** A webhook over real TLS on loopback, with a real journal on disk and an inventory of plain objects. */
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Authority, type KeyPair } from "@companyos/cluster";
import { inventoryFromFiles } from "@companyos/inventory";
import { openLocalKeys } from "@companyos/keys/local";
import { issueAuthority, issueServing } from "@companyos/operator/testing/parts";
import { type Outbox, openOutbox } from "@companyos/outbox";
import { createDecider, type Decider, type KubeObject } from "@companyos/policies";
import { loadBundle } from "@companyos/policies/bundle";
import {
  type Address,
  createLogger,
  reportFaults,
  type ServingPair,
  start,
  withDefaultMetrics,
} from "@companyos/service";
import type { CallerOptions, CallerTrust } from "../src/callers.ts";
import { serveWebhook, type WebhookParts } from "../src/serve.ts";
import { clusterObjects } from "./requests.ts";

export interface Reply {
  readonly status: number;
  readonly body: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what they expect
  readonly json: any;
  /** The connection takes no other request. */
  readonly ends: boolean;
}

export interface TestWebhook {
  readonly outbox: Outbox;
  readonly logs: string[];
  readonly url: string;
  /** PEM of who signed what it serves. */
  readonly ca: string;
  /** The authority of the API server's certificate. */
  readonly callers: Authority;
  /** Measures callers by something else from now on. */
  trust(trust: CallerTrust): void;
  /** As the API server: with its certificate. */
  post(body: string | Buffer | object, headers?: Record<string, string>): Promise<Reply>;
  get(path: string): Promise<Reply>;
  /** As somebody else; without a certificate unless one is given. `path`: default `/admit`. */
  postAs(
    stranger: { readonly pair?: KeyPair; readonly path?: string; readonly agent?: Agent },
    body: string | Buffer | object,
    headers?: Record<string, string>,
  ): Promise<Reply>;
  getAs(stranger: { readonly pair?: KeyPair }, path: string): Promise<Reply>;
  /** Every series of a metric, as `/metrics` shows them. */
  series(name: string): Promise<string[]>;
  /** Value of a metric's line that starts with this text; 0 when there is none. */
  metric(start: string): Promise<number>;
  /** Serves another certificate of the same authority from now on; gives its fingerprint-bearing PEM. */
  rotate(): Promise<string>;
  peerCertificate(): Promise<Buffer>;
  stop(): Promise<void>;
}

export async function startTestWebhook(
  options: {
    objects?: KubeObject[];
    enforce?: boolean;
    journal?: (outbox: Outbox) => Outbox;
    /** Default: of the policy in this repository. */
    decider?: Decider;
    certified?: boolean;
    /** Default: client certificates, of `kube-apiserver`. */
    callers?: CallerOptions;
    trust?: CallerTrust;
    shutdownDelaySeconds?: number;
    /** Default 0.3: no notary takes what the journal holds, so that every stop waits this long. */
    drainSeconds?: number;
    wait?: (ms: number) => Promise<void>;
    /** Default: a free port each. */
    listen?: Address;
    metricsListen?: Address;
    /** Holds the names of what is watched. */
    watched?: Set<string>;
  } = {},
): Promise<TestWebhook> {
  const dir = await mkdtemp(join(tmpdir(), "webhook-"));
  const keys = await openLocalKeys({ dir: join(dir, "keys"), create: true });
  await keys.sealer("journal-1");
  const publicKey = await keys.publicJwk("journal-1");
  const logs: string[] = [];
  const log = createLogger({ role: "webhook", write: (line) => void logs.push(line) });
  // No notary listens there: what matters here is what is durable before an answer leaves.
  const nowhere = { url: "https://127.0.0.1:9", publicKey };
  const registry = withDefaultMetrics();
  const faults = reportFaults({ registry, log });
  const outbox = await openOutbox({
    dir: join(dir, "journal"),
    cluster: "test",
    regions: { "eu-west-1": nowhere, "us-east-1": nowhere },
    ca: () => undefined,
    token: () => "token",
    log,
    faults,
  });
  const now = Date.now();
  const authority = await issueAuthority({ name: "test", now, days: 1 });
  const pair = () => issueServing({ authority, hosts: ["localhost", "127.0.0.1"], now, days: 1 });
  let serve: (pair: ServingPair) => void = () => {};
  const first = await pair();
  const callers = await Authority.create("callers");
  const caller = await callers.issue({ name: "kube-apiserver" });
  let trust: (trust: CallerTrust) => void = () => {};
  const watch = (name: string) => {
    options.watched?.add(name);
    return { reload: async () => {}, stop: async () => void options.watched?.delete(name) };
  };
  const free = { host: "127.0.0.1", port: 0 };
  const journal = options.journal?.(outbox) ?? outbox;
  const parts: WebhookParts = {
    inventory: inventoryFromFiles(options.objects ?? clusterObjects),
    decider: options.decider ?? (await createDecider(await loadBundle())),
    outbox: journal,
    registry,
    faults,
    callers: options.callers ?? { mode: "ClientCertificate", subjects: ["kube-apiserver"] },
    trust: (changed) => {
      trust = changed;
      changed(options.trust ?? { authorities: callers.certPem });
      return watch("callers");
    },
    certificate: (changed) => {
      serve = changed;
      if (options.certified !== false) changed(first);
      return watch("certificate");
    },
    log,
    cluster: "test",
    enforce: options.enforce,
    listen: options.listen ?? free,
    metricsListen: options.metricsListen ?? free,
    shutdownDelaySeconds: options.shutdownDelaySeconds,
    drainSeconds: options.drainSeconds ?? 0.3,
    wait: options.wait,
  };
  const running = await start((stack) => {
    stack.defer(() => journal.stop());
    return serveWebhook(parts, stack);
  });
  const apiServer = new Agent({
    keepAlive: true,
    ca: authority.cert,
    cert: caller.certPem,
    key: caller.keyPem,
  });

  function call(
    method: string,
    path: string,
    {
      body,
      headers = {},
      agent = apiServer,
    }: { body?: string | Buffer; headers?: object; agent?: Agent } = {},
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        `${running.url}${path}`,
        { method, agent, headers: { ...headers } },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk) => chunks.push(chunk));
          response.on("end", () => {
            const text = Buffer.concat(chunks).toString();
            const isJson = response.headers["content-type"]?.includes("json");
            resolve({
              status: response.statusCode!,
              body: text,
              json: isJson ? JSON.parse(text) : undefined,
              ends: response.headers.connection === "close",
            });
          });
          response.on("error", reject);
        },
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }

  return {
    outbox,
    logs,
    url: running.url,
    ca: authority.cert,
    callers,
    trust: (next) => trust(next),
    post: (body, headers = { "content-type": "application/json" }) =>
      call("POST", "/admit", { body: encoded(body), headers }),
    async postAs({ pair, path = "/admit", agent }, body, headers = {}) {
      const own = agent ?? new Agent({ ca: authority.cert, cert: pair?.certPem, key: pair?.keyPem });
      try {
        return await call("POST", path, { body: encoded(body), headers, agent: own });
      } finally {
        if (!agent) own.destroy();
      }
    },
    async getAs({ pair }, path) {
      const agent = new Agent({ ca: authority.cert, cert: pair?.certPem, key: pair?.keyPem });
      try {
        return await call("GET", path, { agent });
      } finally {
        agent.destroy();
      }
    },
    async series(name) {
      const text = await (await fetch(`${running.metricsUrl}/metrics`)).text();
      return text.split("\n").filter((line) => line.startsWith(name));
    },
    get: (path) => call("GET", path),
    async metric(start) {
      const text = await (await fetch(`${running.metricsUrl}/metrics`)).text();
      const lines = text.split("\n").filter((line) => line.startsWith(start));
      return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
    },
    async rotate() {
      const next = await pair();
      serve(next);
      return next.cert;
    },
    peerCertificate: () =>
      new Promise((resolve, reject) => {
        const outgoing = request(`${running.url}/livez`, { ca: authority.cert, agent: false }, (response) => {
          const socket = response.socket as import("node:tls").TLSSocket;
          resolve(socket.getPeerCertificate().raw);
          response.resume();
        });
        outgoing.on("error", reject);
        outgoing.end();
      }),
    async stop() {
      await running.stop();
      apiServer.destroy();
      await rm(dir, { recursive: true });
    },
  };
}

const encoded = (body: string | Buffer | object) =>
  typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);

/** The same journal, with another `append` in front. */
export function appendingWith(outbox: Outbox, append: Outbox["append"]): Outbox {
  return {
    append,
    appendOwed: (event) => outbox.appendOwed(event),
    crossedOff: (receipt) => outbox.crossedOff(receipt),
    owedOnly: (rids) => outbox.owedOnly(rids),
    journalId: outbox.journalId,
    repeat: (window) => outbox.repeat(window),
    close: (window) => outbox.close(window),
    unrecorded: (answer) => outbox.unrecorded(answer),
    stats: () => outbox.stats(),
    flush: (ms) => outbox.flush(ms),
    stop: () => outbox.stop(),
  };
}

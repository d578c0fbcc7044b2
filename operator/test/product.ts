/** Operator, webhook and notaries in this process, signed in as the chart's service accounts, on a real control plane. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Cluster, type ClusterOptions, ensureTool, freePorts, startCluster } from "@companyos/cluster";
import type { CallerMode } from "@companyos/crds";
import { residencyResources } from "@companyos/inventory";
import { connect, type KubeClient, type KubeObject, resources } from "@companyos/kube";
import { untyped } from "@companyos/kube/testing/untyped";
import { runNotary } from "@companyos/notary";
import { driversIn, initIn } from "@companyos/notary/testing/folders";
import { type OperatorOptions, type RunningOperator, runOperator } from "@companyos/operator";
import { createLogger, type Logger } from "@companyos/service";
import { until } from "@companyos/test/until";
import { type RunningWebhook, runWebhook, type WebhookOptions } from "@companyos/webhook";
import { Agent, request } from "undici";

const chart = fileURLToPath(new URL("../../charts/companyos", import.meta.url));
const namespace = "companyos-system";
export const regions = { "eu-west-1": "EU", "us-east-1": "US" };

export interface TestProduct {
  readonly cluster: Cluster;
  readonly kube: KubeClient;
  readonly webhook: RunningWebhook;
  readonly metrics: { readonly operator: string; readonly webhook: string };
  /** Log lines of all roles. */
  readonly logs: string[];
  /** What the operator is started with, for one in a process of its own. */
  readonly operatorProcess: OperatorProcess;
  /** What a controller of the operator remembers, as it lies on disk. */
  remembered(name: "placements" | "plans" | "admission" | "homes"): Promise<string>;
  /** The last receipts of the log's own chain in one region, of one type, as an auditor gets them. */
  receiptsOfLog(region: string, type: string): Promise<ListedReceipt[]>;
  /** The same of a tenant; none while that log knows no tenant of the name. */
  receiptsOfTenant(region: string, tenant: string, type: string): Promise<ListedReceipt[]>;
  stopOperator(): Promise<void>;
  /** With other options than before, if any. */
  startOperator(options?: (client: KubeClient) => Partial<OperatorOptions>): Promise<void>;
  stopWebhook(): Promise<void>;
  startWebhook(): Promise<void>;
  stop(): Promise<void>;
}

export interface OperatorProcess extends Pick<OperatorOptions, "namespace" | "journalDir" | "notaries"> {
  readonly server: string;
  readonly serviceAccountDir: string;
  readonly webhook: { readonly url: string };
}

export interface TestProductOptions {
  readonly args?: ClusterOptions["args"];
  readonly operator?: Partial<OperatorOptions>;
  readonly webhook?: Partial<WebhookOptions>;
  /** `webhook.callers` of the chart, and so of operator and webhook; default client certificates. */
  readonly callers?: CallerMode;
  /** What is there before the product: in the API server, and in `dir` (the volumes: `operator`, `webhook`, a folder a region). */
  readonly before?: (cluster: Cluster, dir: string) => Promise<void>;
}

export interface ListedReceipt {
  readonly claims: { readonly reason: string; readonly count: number; readonly [name: string]: unknown };
  // biome-ignore lint/suspicious/noExplicitAny: each type discloses something else
  readonly disclosed: any;
}

/** Rejects with nothing left behind: a test that got no product has none to stop. */
export async function startTestProduct(options: TestProductOptions = {}): Promise<TestProduct> {
  await using started = new AsyncDisposableStack();
  const product = await start(options, started);
  const all = started.move();
  return Object.assign(product, { stop: () => all.disposeAsync() });
}

async function start(
  options: TestProductOptions,
  started: AsyncDisposableStack,
): Promise<Omit<TestProduct, "stop">> {
  const dir = await mkdtemp(join(tmpdir(), "companyos-operator-"));
  started.defer(() => rm(dir, { recursive: true, force: true }));
  const { args = {}, callers = "ClientCertificate" } = options;
  const cluster = await startCluster({ stateDir: join(dir, "cluster"), args });
  started.defer(() => cluster.stop({ discard: true }));
  const connected = async (how: Parameters<typeof connect>[0]) =>
    started.adopt(await connect(how), (client) => client.close());
  // Tests tamper with what the guards keep from administrators.
  const keeper = await cluster.createUser("keeper", ["system:masters", "companyos:break-glass"]);
  const kube = await connected({ kubeconfig: keeper.kubeconfig });
  const [webhookPort, ...notaryPorts] = await freePorts(3);
  const names = Object.keys(regions);
  await options.before?.(cluster, dir);
  await install(dir, cluster, {
    workloads: { enabled: false },
    companyos: { residency: { enforce: true, regions: names } },
    webhook: { callers: { mode: callers, ca: cluster.webhookCaller.caPem } },
  });
  const logs: string[] = [];
  const log = (role: string): Logger =>
    createLogger({ role, level: "info", write: (line) => void logs.push(line) });
  const notaries = Object.fromEntries(names.map((name, i) => [name, `https://127.0.0.1:${notaryPorts[i]}`]));
  const metricsListen = { host: "127.0.0.1", port: 0 };

  async function signIn(role: string) {
    const token = await cluster.serviceAccountToken(namespace, `companyos-${role}`);
    const serviceAccountDir = join(dir, "tokens", role);
    await mkdir(serviceAccountDir, { recursive: true });
    const files = { token, namespace, "ca.crt": cluster.caPem };
    for (const [name, text] of Object.entries(files)) await writeFile(join(serviceAccountDir, name), text);
    return { token, serviceAccountDir, client: await connected({ serviceAccountDir, server: cluster.url }) };
  }
  const identities = {
    operator: await signIn("operator"),
    webhook: await signIn("webhook"),
    notary: await signIn("notary"),
  };

  const operatorProcess: OperatorProcess = {
    namespace,
    server: cluster.url,
    serviceAccountDir: identities.operator.serviceAccountDir,
    webhook: { url: `https://127.0.0.1:${webhookPort}/admit` },
    journalDir: join(dir, "operator"),
    notaries,
  };
  const startOperator = (changed: Partial<OperatorOptions> = {}) =>
    runOperator({
      kube: identities.operator.client,
      log: log("operator"),
      cluster: "test",
      namespace,
      metricsListen,
      webhook: operatorProcess.webhook,
      journalDir: operatorProcess.journalDir,
      notaries,
      token: () => identities.operator.token,
      identity: "operator-0",
      callers,
      ...options.operator,
      ...changed,
    });
  const startWebhook = () =>
    runWebhook({
      kube: identities.webhook.client,
      log: log("webhook"),
      cluster: "test",
      namespace,
      listen: { host: "127.0.0.1", port: webhookPort! },
      metricsListen,
      certificate: { secret: { name: "companyos-webhook-tls", namespace } },
      callers: { mode: callers, subjects: ["kube-apiserver"] },
      journalDir: join(dir, "webhook"),
      notaries,
      token: () => identities.webhook.token,
      drainSeconds: 5,
      ...options.webhook,
    });

  // What is stopped last must be there first: the operator's last receipts go to notaries that run.
  const running = started.use(new AsyncDisposableStack());
  let operator: RunningOperator = await startOperator();
  started.defer(() => operator.stop());
  await operator.leading;
  for (const [i, region] of names.entries()) {
    const keysDir = join(dir, region, "keys");
    const jurisdiction = regions[region as keyof typeof regions];
    await initIn({ region, jurisdiction, rootDir: join(dir, region, "root"), keysDir });
    await until(`the certificate of the notary of ${region}`, () =>
      kube.find(secrets, `companyos-notary-${region}-tls`, { namespace }),
    );
    running.adopt(
      await runNotary({
        region,
        ...(await driversIn({ storeDir: join(dir, region, "store"), keysDir })),
        listen: { host: "127.0.0.1", port: notaryPorts[i]! },
        tls: { kind: "secret", settleMs: options.webhook?.certificateSettleMs ?? 5000 },
        client: identities.notary.client,
        log: log("notary"),
        namespace,
      }),
      (notary) => notary.stop(),
    );
  }
  let webhook: RunningWebhook = await startWebhook();
  started.defer(() => webhook.stop());
  await until(
    "the webhook's readiness",
    () => fetch(`${webhook.metricsUrl}/readyz`),
    (seen) => seen.ok,
  );

  async function receipts(region: string, query: string): Promise<ListedReceipt[]> {
    const token = await cluster.serviceAccountToken(namespace, "companyos-auditor");
    const map = await kube.get(resources.configMaps, "companyos-ca", { namespace });
    const dispatcher = new Agent({ connect: { ca: map.data!["ca.crt"]! } });
    try {
      const url = `${notaries[region]}/v1/receipts?${query}&limit=1000`;
      const { body } = await request(url, { dispatcher, headers: { authorization: `Bearer ${token}` } });
      return ((await body.json()) as { receipts?: ListedReceipt[] }).receipts ?? [];
    } finally {
      await dispatcher.close();
    }
  }

  return {
    cluster,
    kube,
    logs,
    operatorProcess,
    get webhook() {
      return webhook;
    },
    get metrics() {
      return { operator: `${operator.metricsUrl}/metrics`, webhook: `${webhook.metricsUrl}/metrics` };
    },
    remembered: (name) => readFile(join(dir, "operator", "state", `${name}.jsonl`), "utf8"),
    receiptsOfLog: (region, type) => receipts(region, `chain=_log&type=${type}`),
    receiptsOfTenant: (region, tenant, type) => receipts(region, `tenant=${tenant}&type=${type}`),
    stopOperator: () => operator.stop(),
    async startOperator(changed) {
      operator = await startOperator(changed?.(identities.operator.client));
      await operator.leading;
    },
    stopWebhook: () => webhook.stop(),
    async startWebhook() {
      webhook = await startWebhook();
      await until(
        "the webhook's readiness",
        () => fetch(`${webhook.metricsUrl}/readyz`),
        (seen) => seen.ok,
      );
    },
  };
}

const secrets = { group: "", version: "v1", plural: "secrets", kind: "Secret", namespaced: true } as const;

async function install(dir: string, cluster: Cluster, values: object): Promise<void> {
  const file = join(dir, "values.json");
  await writeFile(file, JSON.stringify(values));
  const args = ["upgrade", "--install", "companyos", chart, "--create-namespace", "--namespace", namespace];
  await promisify(execFile)(await ensureTool("helm"), [...args, "--values", file], {
    env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
  });
}

const apiVersion = "residency.companyos.io/v1";

export function region(name: keyof typeof regions): KubeObject {
  const spec = { jurisdiction: regions[name], zones: [`${name}a`] };
  return { apiVersion, kind: "Region", metadata: { name }, spec };
}

export function policy(name: string, spec: object): KubeObject {
  return { apiVersion, kind: "ResidencyPolicy", metadata: { name }, spec };
}

export function tenant(name: string, spec: object = {}, labels = { team: "eu" }): KubeObject {
  const defaults = { homeRegion: "eu-west-1" };
  return { apiVersion, kind: "Tenant", metadata: { name, labels }, spec: { ...defaults, ...spec } };
}

const kinds = untyped(residencyResources);

/** The `Ready` condition of a Tenant. */
export async function readyCondition(kube: KubeClient, name: string) {
  const found = await kube.find(kinds.tenants, name);
  return found?.status?.conditions?.find(({ type }: { type: string }) => type === "Ready");
}

/** Both regions, a policy that allows the EU, and the tenant acme in it, Ready. */
export async function declareAcme(kube: KubeClient): Promise<void> {
  for (const name of Object.keys(regions) as (keyof typeof regions)[])
    await kube.create(kinds.regions, region(name));
  await kube.create(kinds.policies, policy("eu-only", { allowed: { jurisdictions: ["EU"] } }));
  await kube.create(kinds.tenants, tenant("acme"));
  await until(
    "acme to be Ready",
    () => readyCondition(kube, "acme"),
    (seen) => seen?.status === "True",
  );
}

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Cluster, type Forward, forward, freePorts } from "@companyos/cluster";
import { buildProgram } from "@companyos/tools/bundle";
import { composeTrust, type NotaryIdentity, trustText } from "companyos/trust";
import { type DevFile, writeDevFile } from "./dev-file.ts";
import { keepEndpoints } from "./endpoints.ts";
import { waitInForce } from "./in-force.ts";
import { type PodHost, PodRunner } from "./pods.ts";
import { getJson, readUntil, ready } from "./probe.ts";
import { install, type Release, type RenderedWorkload, renderWorkloads } from "./release.ts";

export interface ProductOptions {
  readonly cluster: Cluster;
  readonly stateDir: string;
  /** The project's folder. */
  readonly root: string;
  /** Path of helm. */
  readonly helm: string;
  readonly webhookReplicas: number;
  readonly write: (line: string) => void;
  /** Gets what must be done, last first, to stop what was started, also when starting fails half-way. */
  readonly stops: (() => Promise<void>)[];
  /** See PodHost. */
  readonly backoffMs?: PodHost["backoffMs"];
  readonly env?: PodHost["env"];
}

export interface RunningProduct {
  readonly file: DevFile;
  /** Path of the program that every pod runs. */
  readonly program: string;
  readonly pods: readonly PodRunner[];
  /** Stands for the webhook's Service; with one replica there is none. */
  readonly balancer: Forward | undefined;
}

/** Names a program that was built before, for whoever starts many products of one state of the sources. */
const PROGRAM = "COMPANYOS_PROGRAM";
const namespace = "companyos-system";
const jurisdictions: Readonly<Record<string, string>> = { "eu-west-1": "EU", "us-east-1": "US" };
/** The regions of the local cluster; each gets nodes and a notary. */
export const regions: readonly string[] = Object.keys(jurisdictions);
const readyTimeoutMs = 60_000;

/** Installs the chart and runs its rendered workloads as processes; resolves when all are ready, what they install is in force, and `dev.json` is written. */
export async function startProduct(options: ProductOptions): Promise<RunningProduct> {
  const { cluster, stateDir, root, helm, webhookReplicas, write, stops, backoffMs, env } = options;
  const program = process.env[PROGRAM] ?? (await buildProgram(root, join(stateDir, "program")));
  const release: Release = {
    helm,
    chart: join(root, "charts/companyos"),
    kubeconfig: cluster.kubeconfig,
    namespace,
    name: "companyos",
    stateDir,
  };
  const ports = await freePorts(1 + regions.length);
  const webhookPort = ports[0] as number;
  const notaryPorts = new Map(regions.map((region, index) => [region, ports[index + 1] as number]));
  const values = {
    companyos: { residency: { enforce: true, regions } },
    cluster: { name: "dev" },
    webhook: {
      url: `https://127.0.0.1:${webhookPort}/admit`,
      replicas: webhookReplicas,
      // The balancer looks twice a second; alone, there is nobody to turn to.
      shutdownDelaySeconds: webhookReplicas > 1 ? 2 : 0,
      callers: { mode: "ClientCertificate", ca: cluster.webhookCaller.caPem },
    },
    notary: {
      urls: Object.fromEntries(
        [...notaryPorts].map(([region, port]) => [region, `https://127.0.0.1:${port}`]),
      ),
      jurisdictions,
    },
  };
  write(
    "Installing the chart with Helm: resources, roles and service accounts (its workloads run on this machine) …",
  );
  await install(release, { ...values, workloads: { enabled: false } });
  const workloads = await renderWorkloads(release, { ...values, workloads: { enabled: true } });
  write(
    "Starting the operator, the webhook's replicas and a notary for each region, as the rendered chart says …",
  );
  const pods = await plannedPods({
    cluster,
    workloads,
    stateDir,
    notaryPorts,
    webhookPort,
    program,
    write,
    backoffMs,
    env,
  });
  // Before the first one starts: a runner restarts what ends, so it must know when to stop doing that.
  stops.push(async () => void (await Promise.all(pods.map((pod) => pod.stop()))));
  await Promise.all(pods.map((pod) => pod.start()));

  const webhooks = pods.filter(({ pod }) => pod.component === "webhook");
  const balancer = webhooks.length > 1 ? await forward(webhookPort, []) : undefined;
  const endpoints = balancer && keepEndpoints(balancer, webhooks);
  if (balancer && endpoints)
    stops.push(
      () => balancer.stop(),
      () => endpoints.stop(),
    );
  await Promise.all(
    pods.map((runner) =>
      ready(metricsUrl(runner.pod.metricsPort, "readyz"), readyTimeoutMs).catch((error) => {
        throw new Error(`${runner.pod.name} did not become ready: ${error}; its log is ${runner.log}`);
      }),
    ),
  );
  await endpoints?.complete;

  const caFile = join(stateDir, "ca.crt");
  await writeFile(caFile, await caOf(cluster));
  const identities = await Promise.all(
    regions.map((region) =>
      readUntil(
        () => getJson<NotaryIdentity>(`${values.notary.urls[region]}/v1/identity`, caFile),
        () => true,
        readyTimeoutMs,
      ),
    ),
  );
  const trust = join(stateDir, "trust.json");
  await writeFile(trust, trustText(composeTrust(identities)));
  const urls = (component: string) =>
    pods
      .filter(({ pod }) => pod.component === component)
      .map(({ pod }) => metricsUrl(pod.metricsPort, "metrics"));
  const file: DevFile = {
    kubeconfig: cluster.kubeconfig,
    webhook: values.webhook.url,
    metrics: { operator: urls("operator"), webhook: urls("webhook"), notary: urls("notary") },
    notaries: regions.map((region, index) => ({
      region,
      url: values.notary.urls[region] as string,
      vkey: identities[index]?.vkey as string,
    })),
    trust,
    ca: caFile,
    caller: cluster.webhookCaller.files,
    pods: pods.map(({ pod, process, log }) => ({
      name: pod.name,
      role: pod.component,
      pid: process?.pid ?? 0,
      log,
    })),
  };
  await waitInForce(
    { namespace, kubeconfig: file.kubeconfig, notaries: file.notaries, timeout: readyTimeoutMs / 1_000 },
    write,
    readyTimeoutMs,
  );
  await writeDevFile(stateDir, file);
  return { file, program, pods, balancer };
}

interface PodPlan {
  readonly cluster: Cluster;
  readonly workloads: readonly RenderedWorkload[];
  readonly stateDir: string;
  readonly notaryPorts: ReadonlyMap<string, number>;
  /** Where the API server calls: the balancer, or the only replica itself. */
  readonly webhookPort: number;
  readonly program: string;
  readonly write: (line: string) => void;
  readonly backoffMs: ProductOptions["backoffMs"];
  readonly env: ProductOptions["env"];
}

async function plannedPods(plan: PodPlan): Promise<PodRunner[]> {
  const host = {
    cluster: plan.cluster,
    processes: plan.cluster.processes,
    stateDir: plan.stateDir,
    namespace,
    program: [process.execPath, plan.program],
    log: plan.write,
    ...(plan.backoffMs ? { backoffMs: plan.backoffMs } : {}),
    ...(plan.env ? { env: plan.env } : {}),
  };
  const replicas = plan.workloads.flatMap((workload) =>
    Array.from({ length: workload.replicas }, (_, index) => ({ workload, index })),
  );
  const ports = await freePorts(2 * replicas.length);
  return replicas.map(
    ({ workload, index }, at) =>
      new PodRunner(host, workload, {
        name: `${workload.name}-${index}`,
        component: workload.component,
        region: workload.region,
        listenPort: fixedPort(plan, workload) ?? (ports[2 * at] as number),
        metricsPort: ports[2 * at + 1] as number,
      }),
  );
}

function fixedPort(plan: PodPlan, { component, region, replicas }: RenderedWorkload): number | undefined {
  if (component === "notary" && region) return plan.notaryPorts.get(region);
  return component === "webhook" && replicas === 1 ? plan.webhookPort : undefined;
}

async function caOf(cluster: Cluster): Promise<string> {
  const map = await readUntil(
    () =>
      cluster.request("GET", `/api/v1/namespaces/${namespace}/configmaps/companyos-ca`) as Promise<{
        data?: Record<string, string>;
      }>,
    (map) => Boolean(map.data?.["ca.crt"]),
    readyTimeoutMs,
  );
  return map.data?.["ca.crt"] as string;
}

const metricsUrl = (port: number, path: string) => `http://127.0.0.1:${port}/${path}`;

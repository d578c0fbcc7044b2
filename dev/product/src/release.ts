import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { dump, loadAll } from "js-yaml";

const run = promisify(execFile);
const maxOutput = 64 * 1024 * 1024;

export interface Release {
  readonly helm: string;
  readonly chart: string;
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly name: string;
  readonly stateDir: string;
}

/** A container as the rendered chart describes it, with the strings that a kubelet would fill in still unfilled. */
export interface RenderedContainer {
  readonly name: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly { name: string; value?: string; fieldPath?: string }[];
  readonly volumeMounts: readonly { name: string; mountPath: string }[];
}

/** A StatefulSet of the rendered chart: what its pods run. */
export interface RenderedWorkload {
  readonly name: string;
  readonly component: string;
  readonly region: string | undefined;
  readonly replicas: number;
  readonly serviceAccount: string;
  readonly initContainers: readonly RenderedContainer[];
  readonly containers: readonly RenderedContainer[];
}

/** `helm upgrade --install`, waiting for nothing: what the chart installs here are API objects only. */
export async function install(release: Release, values: object): Promise<void> {
  const file = join(release.stateDir, "values.yaml");
  await writeFile(file, dump(values));
  await helm(release, [
    "upgrade",
    "--install",
    release.name,
    release.chart,
    "--create-namespace",
    "--values",
    file,
  ]);
}

/** The chart's workloads as a cluster would run them with these values. */
export async function renderWorkloads(release: Release, values: object): Promise<RenderedWorkload[]> {
  const file = join(release.stateDir, "values-rendered.yaml");
  await writeFile(file, dump(values));
  const { stdout } = await helm(release, [
    "template",
    release.name,
    release.chart,
    "--kube-version",
    "1.37.2",
    "--values",
    file,
  ]);
  const documents = loadAll(stdout) as (Manifest | null)[];
  return documents.filter((document): document is Manifest => document?.kind === "StatefulSet").map(workload);
}

async function helm(release: Release, args: readonly string[]): Promise<{ stdout: string }> {
  try {
    return await run(release.helm, [...args, "--namespace", release.namespace], {
      env: { ...process.env, KUBECONFIG: release.kubeconfig },
      maxBuffer: maxOutput,
    });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new Error(`helm ${args[0]} failed: ${stderr?.trim() || String(error)}`);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: rendered YAML, read once and typed below
type Manifest = Record<string, any>;

function workload(document: Manifest): RenderedWorkload {
  const { metadata, spec } = document;
  const pod = spec.template.spec;
  return {
    name: metadata.name,
    component: metadata.labels["app.kubernetes.io/component"],
    region: metadata.labels["residency.companyos.io/region"],
    replicas: spec.replicas ?? 1,
    serviceAccount: pod.serviceAccountName,
    initContainers: (pod.initContainers ?? []).map(container),
    containers: pod.containers.map(container),
  };
}

function container(spec: Manifest): RenderedContainer {
  return {
    name: spec.name,
    command: spec.command ?? [],
    args: spec.args ?? [],
    env: (spec.env ?? []).map((entry: Manifest) => ({
      name: entry.name,
      ...(entry.value === undefined ? {} : { value: entry.value }),
      ...(entry.valueFrom?.fieldRef ? { fieldPath: entry.valueFrom.fieldRef.fieldPath } : {}),
    })),
    volumeMounts: (spec.volumeMounts ?? []).map((mount: Manifest) => ({
      name: mount.name,
      mountPath: mount.mountPath,
    })),
  };
}

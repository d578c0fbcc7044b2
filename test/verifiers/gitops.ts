/** `dev/cluster/tools/gitops`: what the libraries of Argo CD, Flux and kstatus say of objects. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureTool } from "@companyos/cluster";
import type { KubeObject } from "@companyos/kube";
import { load, loadAll } from "js-yaml";
import { runProgram } from "./program.ts";

const root = join(import.meta.dirname, "../..");

/** As they stand in an Application, in `argocd-cm`, and in a Kustomization. */
export interface GitOpsSettings {
  readonly argo: {
    readonly ignoreDifferences: readonly object[];
    readonly health: Readonly<Record<string, string>>;
  };
  readonly flux: { readonly ignore: readonly object[]; readonly healthCheckExprs: readonly object[] };
}

/** Empty where a tool sees no difference. */
export interface Difference {
  readonly id: string;
  /** Argo CD as it compares by default, and with `ServerSideDiff=true`. */
  readonly argoClient: string;
  readonly argoServer: string;
  readonly flux: string;
}

export interface Health {
  readonly id: string;
  readonly argo: string;
  readonly argoMessage: string;
  readonly flux: string;
  readonly kstatus: string;
}

export interface Verdicts {
  readonly differences: readonly Difference[];
  readonly health: readonly Health[];
}

/** Compares what is `desired` with the cluster, and judges the health of `objects`. */
export async function askGitOps(question: {
  readonly settings: GitOpsSettings;
  readonly kubeconfig?: string;
  readonly desired?: readonly KubeObject[];
  readonly objects?: readonly KubeObject[];
}): Promise<Verdicts> {
  const { settings, ...rest } = question;
  const input = JSON.stringify({ ...settings, ...rest });
  const { code, stdout, stderr } = await runProgram(await ensureTool("gitops"), [], {
    input,
    timeoutMs: 120_000,
  });
  if (code !== 0) throw new Error(`gitops ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as Verdicts;
}

/** The settings that `examples/gitops` tells people to use. */
export async function documentedSettings(): Promise<GitOpsSettings> {
  const [map] = await manifests("argocd/argocd-cm.yaml");
  const customizations = load(map!.data["resource.customizations"]) as Record<
    string,
    { "health.lua": string }
  >;
  const named = (objects: readonly KubeObject[], kind: string, name: string) =>
    objects.find((object) => object.kind === kind && object.metadata.name === name)!;
  const application = named(await manifests("argocd/applications.yaml"), "Application", "workloads");
  const kustomization = named(await manifests("flux/sync.yaml"), "Kustomization", "landing-zone");
  return {
    argo: {
      ignoreDifferences: application.spec.ignoreDifferences,
      health: Object.fromEntries(
        Object.entries(customizations).map(([key, { "health.lua": lua }]) => [key, lua]),
      ),
    },
    flux: { ignore: [], healthCheckExprs: kustomization.spec.healthCheckExprs },
  };
}

/** The objects of a file in `examples/gitops`. */
export async function manifests(file: string): Promise<KubeObject[]> {
  return loadAll(await readFile(join(root, "examples/gitops", file), "utf8")) as KubeObject[];
}

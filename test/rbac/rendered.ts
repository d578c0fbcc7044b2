import { execFile } from "node:child_process";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ensureTool } from "@companyos/cluster";
import { loadAll } from "js-yaml";

const chart = fileURLToPath(new URL("../../charts/companyos", import.meta.url));
export const productNamespace = "companyos-system";
export const jurisdictions = { "eu-west-1": "EU", "us-east-1": "US" };
export const regions = Object.keys(jurisdictions);

export interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

/** A ClusterRole, or a Role of the product's namespace, with those to whom the chart binds it. */
export interface RenderedRole {
  readonly name: string;
  /** undefined: the whole cluster. */
  readonly namespace: string | undefined;
  readonly rules: readonly Rule[];
  /** `ServiceAccount companyos-operator`, `Group companyos:break-glass`. */
  readonly subjects: readonly string[];
}

// biome-ignore lint/suspicious/noExplicitAny: rendered YAML
export type Manifest = Record<string, any>;

/** What `helm template` makes of the chart with two regions, client certificates for the webhook, and these values; rejects with what Helm says. */
export async function renderChart(values: object = {}): Promise<Manifest[]> {
  const defaults = {
    companyos: { residency: { enforce: true, regions } },
    webhook: { callers: { mode: "ClientCertificate" } },
  };
  const notary = { jurisdictions, ...(values as { notary?: object }).notary };
  return inFolder((dir) => template(chart, dir, { ...defaults, ...values, notary }));
}

/** What `helm upgrade --reuse-values` makes of it: all values of the release of before stand where the chart's own did. */
export async function renderReusing(before: object, values: object = {}): Promise<Manifest[]> {
  return inFolder(async (dir) => {
    const reusing = join(dir, "chart");
    await cp(chart, reusing, { recursive: true });
    await writeFile(join(reusing, "values.yaml"), JSON.stringify(before));
    return template(reusing, dir, values);
  });
}

async function inFolder<T>(use: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), "companyos-chart-"));
  try {
    return await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function template(chart: string, dir: string, values: object): Promise<Manifest[]> {
  const file = join(dir, "values.json");
  await writeFile(file, JSON.stringify(values));
  const helm = await ensureTool("helm", { onProgress: () => {} });
  const where = ["--namespace", productNamespace, "--kube-version", "1.37.2", "--values", file];
  const { stdout } = await promisify(execFile)(helm, ["template", "companyos", chart, ...where], {
    maxBuffer: 64 << 20,
  });
  return (loadAll(stdout) as (Manifest | null)[]).filter(
    (manifest): manifest is Manifest => manifest !== null,
  );
}

export function rolesOf(manifests: readonly Manifest[]): RenderedRole[] {
  const bindings = manifests.filter(({ kind }) => kind === "ClusterRoleBinding" || kind === "RoleBinding");
  return manifests
    .filter(({ kind }) => kind === "ClusterRole" || kind === "Role")
    .map(({ kind, metadata, rules }) => ({
      name: metadata.name,
      namespace: metadata.namespace,
      rules,
      subjects: bindings
        .filter(({ roleRef }) => roleRef.kind === kind && roleRef.name === metadata.name)
        .flatMap(({ subjects }) => subjects as Manifest[])
        .map((subject) => `${subject.kind} ${subject.name}`),
    }));
}

/** One thing that somebody may do. */
export interface Grant {
  /** undefined: everywhere. */
  readonly namespace: string | undefined;
  readonly group: string;
  /** With its subresource, as in `tenants/status`. */
  readonly resource: string;
  /** undefined: whatever its name. */
  readonly name: string | undefined;
  readonly verb: string;
}

/** Every single grant that the chart gives a service account. */
export function grantsOf(roles: readonly RenderedRole[], account: string): Grant[] {
  return roles
    .filter(({ subjects }) => subjects.includes(`ServiceAccount ${account}`))
    .flatMap(({ namespace, rules }) => rules.flatMap((rule) => expand(rule, namespace)));
}

function expand(rule: Rule, namespace: string | undefined): Grant[] {
  return (rule.apiGroups ?? []).flatMap((group) =>
    (rule.resources ?? []).flatMap((resource) =>
      (rule.resourceNames ?? [undefined]).flatMap((name) =>
        rule.verbs.map((verb) => ({ namespace, group, resource, name, verb })),
      ),
    ),
  );
}

/** For messages and comparisons: `patch nodes`, `get configmaps companyos-ca in companyos-system`. */
export function text({ namespace, group, resource, name, verb }: Grant): string {
  const qualified = group === "" ? resource : `${resource}.${group}`;
  return [verb, qualified, name, namespace && `in ${namespace}`].filter(Boolean).join(" ");
}

import type { Api } from "./api.ts";
import { until } from "./until.ts";

export const residency = "/apis/residency.companyos.io/v1";
const apiVersion = "residency.companyos.io/v1";

export type Mode = "Enforce" | "Warn" | "Audit";

/** Creates or changes one cluster-wide object of the product by server-side apply. */
export async function apply(
  api: Api,
  plural: string,
  kind: string,
  name: string,
  rest: object,
): Promise<void> {
  const { status, body } = await api.request(
    "PATCH",
    `${residency}/${plural}/${name}?fieldManager=e2e&force=true`,
    {
      apiVersion,
      kind,
      ...rest,
      metadata: { name, ...("metadata" in rest ? (rest.metadata as object) : {}) },
    },
    "application/apply-patch+yaml",
  );
  if (status > 201) throw new Error(`${kind} ${name}: ${status} ${JSON.stringify(body)}`);
}

/** The two regions of `companyos dev`. */
export async function declareRegions(api: Api): Promise<void> {
  await apply(api, "regions", "Region", "eu-west-1", { spec: { jurisdiction: "EU", zones: ["eu-west-1a"] } });
  await apply(api, "regions", "Region", "us-east-1", { spec: { jurisdiction: "US", zones: ["us-east-1a"] } });
}

/** A policy for one tenant, or a group of them: EU only. Repeats of a refusal are counted under one receipt for 5 s. */
export async function declarePolicy(api: Api, tenant: string, mode: Mode): Promise<void> {
  await apply(api, "residencypolicies", "ResidencyPolicy", `${tenant}-eu`, {
    spec: {
      tenantSelector: { matchLabels: { "example.com/tenant": tenant } },
      allowed: { jurisdictions: ["EU"] },
      mode,
      record: { repeatWindowSeconds: 5 },
    },
  });
}

/** A tenant at home in eu-west-1 with a namespace of its own name; it comes under the policy declared for `group`. */
export async function declareTenant(
  api: Api,
  name: string,
  group = name,
  regions: readonly string[] = ["eu-west-1"],
): Promise<void> {
  await apply(api, "tenants", "Tenant", name, {
    metadata: { labels: { "example.com/tenant": group } },
    spec: { homeRegion: "eu-west-1", regions },
  });
}

/**
 * Waits until a tenant is Ready in this mode and its namespace says so; in mode Enforce also until every replica of
 * the webhook knows it: one that learns a moment later than the operator would still admit. `refusing` false: not that
 * far, as nothing is refused to a tenant that may use every region.
 */
export async function tenantReady(
  api: Api,
  name: string,
  mode: Mode,
  { timeoutMs = 30_000, refusing = mode === "Enforce" } = {},
): Promise<void> {
  await until(
    `tenant ${name} Ready in mode ${mode}`,
    async () => {
      const tenant = (await api.request("GET", `${residency}/tenants/${name}`)).body;
      const namespace = (await api.request("GET", `/api/v1/namespaces/${name}`)).body;
      return { status: tenant.status, labels: namespace.metadata?.labels ?? {} };
    },
    ({ status, labels }) =>
      status?.mode === mode &&
      labels["residency.companyos.io/mode"] === mode &&
      status.conditions?.some(
        (c: { type: string; status: string }) => c.type === "Ready" && c.status === "True",
      ),
    { timeoutMs },
  );
  if (refusing)
    await until(`mode ${mode} in force`, () => refusedByAll(api, name, 8), Boolean, { timeoutMs });
}

/**
 * Whether a Deployment abroad is refused for that. Asks by dry runs, which leave nothing behind; so many at once, as one
 * after the other would go over one connection and so to one replica.
 */
export async function refusedByAll(api: Api, namespace: string, times: number): Promise<boolean> {
  const metadata = { name: "probe", labels: { app: "probe" } };
  const spec = {
    selector: { matchLabels: metadata.labels },
    template: {
      metadata: { labels: metadata.labels },
      spec: {
        nodeSelector: { "topology.kubernetes.io/region": "us-east-1" },
        containers: [{ name: "x", image: "x" }],
      },
    },
  };
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments?dryRun=All`;
  const object = { apiVersion: "apps/v1", kind: "Deployment", metadata, spec };
  const responses = await Promise.all(Array.from({ length: times }, () => api.request("POST", path, object)));
  return responses.every(({ status, body }) => status === 403 && /CROSS_REGION/.test(body.message));
}

/** Regions, one policy and one tenant, in force. */
export async function declared(api: Api, tenant: string, mode: Mode = "Enforce"): Promise<void> {
  await declareRegions(api);
  await declarePolicy(api, tenant, mode);
  await declareTenant(api, tenant);
  await tenantReady(api, tenant, mode);
  await podsCanCome(api, tenant);
}

/** Pods can be created only once somebody else has given the namespace its service account. */
export async function podsCanCome(api: Api, namespace: string): Promise<void> {
  const account = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
  await until(
    account,
    () => api.request("GET", account),
    ({ status }) => status === 200,
  );
}

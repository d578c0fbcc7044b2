import {
  actualNodePolicyName,
  annotations,
  isPodsWebhook,
  labels,
  type PolicyMode,
  pinnedPolicyName,
  pinPolicyName,
  type UnclaimedSetting,
  unclaimedPolicyName,
  unclaimedWebhookName,
  webhookConfigurationName,
} from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { type LabelSelector, matchLabelSelector } from "@companyos/policies";
import type { Client } from "./request.ts";
import { beyondAdmission, type Row, rows } from "./rows.ts";

/** What a run says nothing about, as it stands in the cluster. */
export interface OutOfScope {
  /** Namespaces that selectors leave out by name, with the objects that do. */
  readonly excluded: readonly { readonly namespace: string; readonly by: readonly string[] }[];
  /** Namespaces of no tenant. */
  readonly unclaimed: readonly string[];
  /** What happens in those, as it is installed. */
  readonly unclaimedSetting: UnclaimedSetting;
  /** Tenants' namespaces where nothing is prevented: mode Warn or Audit. */
  readonly notEnforced: readonly { readonly namespace: string; readonly mode: PolicyMode | "none" }[];
  /** Namespaces in mode Enforce that some object does not select. */
  readonly gaps: readonly { readonly namespace: string; readonly by: readonly string[] }[];
  /** Objects that should be installed and are not. */
  readonly missing: readonly string[];
  /** Rows of the enforcement table that this release does not look at. */
  readonly notYet: readonly Pick<Row, "id" | "way">[];
  /** Rows that are tried by tests, not here. */
  readonly elsewhere: readonly Pick<Row, "id" | "way">[];
  readonly beyondAdmission: readonly string[];
}

const admission = "/apis/admissionregistration.k8s.io/v1";
const nameKey = "kubernetes.io/metadata.name";

/** What decides over placements, and where each keeps its selectors of namespaces. */
const installed: readonly {
  plural: string;
  name: string;
  selectors: (object: KubeObject) => LabelSelector[];
}[] = [
  ...["mutatingwebhookconfigurations", "validatingwebhookconfigurations"].map((plural) => ({
    plural,
    name: webhookConfigurationName,
    selectors: ({ webhooks }: KubeObject) =>
      (webhooks ?? [])
        // Of those for new pods each selects some namespaces, and the others the rest.
        .filter(({ name }: KubeObject) => name !== unclaimedWebhookName && !isPodsWebhook(name))
        .map(({ namespaceSelector }: KubeObject) => namespaceSelector ?? {}),
  })),
  ...[
    ["mutatingadmissionpolicies", pinPolicyName],
    ["validatingadmissionpolicies", pinnedPolicyName],
    ["validatingadmissionpolicies", actualNodePolicyName],
  ].map(([plural = "", name = ""]) => ({
    plural,
    name,
    selectors: ({ spec }: KubeObject) => [spec.matchConstraints?.namespaceSelector ?? {}],
  })),
  ...[
    ["mutatingadmissionpolicybindings", pinPolicyName],
    ["validatingadmissionpolicybindings", pinnedPolicyName],
    ["validatingadmissionpolicybindings", actualNodePolicyName],
  ].map(([plural = "", name = ""]) => ({
    plural,
    name,
    selectors: ({ spec }: KubeObject) => [spec.matchResources?.namespaceSelector ?? {}],
  })),
];

/** Reads the selectors that are installed, not those that should be. Rejects when they cannot be read. */
export async function outOfScope(client: Client): Promise<OutOfScope> {
  const namespaces = (await read(client, "/api/v1/namespaces"))?.items as KubeObject[];
  const objects = await Promise.all(
    installed.map(async ({ plural, name, selectors }) => {
      const object = await read(client, `${admission}/${plural}/${name}`);
      return { title: `${plural}/${name}`, selectors: object && selectors(object) };
    }),
  );
  const present = objects.filter(({ selectors }) => selectors !== undefined);
  const byWhom = (leftOut: (selector: LabelSelector) => boolean) =>
    present.filter(({ selectors }) => selectors?.some(leftOut)).map(({ title }) => title);

  const names = new Set(present.flatMap(({ selectors }) => (selectors ?? []).flatMap(namesLeftOut)));
  const excluded = [...names].sort().map((namespace) => ({
    namespace,
    by: byWhom((selector) => namesLeftOut(selector).includes(namespace)),
  }));
  const others = namespaces.filter(({ metadata }) => !names.has(metadata.name ?? ""));
  const modeOf = ({ metadata }: KubeObject) => metadata.labels?.[labels.mode];
  const claimed = others.filter(({ metadata }) => metadata.labels?.[labels.tenant] !== undefined);
  const enforced = claimed.filter((namespace) => modeOf(namespace) === "Enforce");
  const pick = ({ id, way }: Row) => ({ id, way });
  return {
    excluded,
    unclaimedSetting: await unclaimedSetting(client),
    unclaimed: others.filter((one) => !claimed.includes(one)).map(({ metadata }) => metadata.name ?? ""),
    notEnforced: claimed
      .filter((one) => !enforced.includes(one))
      .map((one) => ({
        namespace: one.metadata.name ?? "",
        mode: (modeOf(one) ?? "none") as PolicyMode | "none",
      })),
    gaps: enforced
      .map(({ metadata }) => ({
        namespace: metadata.name ?? "",
        by: byWhom((selector) => matchLabelSelector(selector, metadata.labels ?? {}) !== true),
      }))
      .filter(({ by }) => by.length > 0),
    missing: objects.filter(({ selectors }) => selectors === undefined).map(({ title }) => title),
    notYet: rows.filter(({ covered }) => covered === "no").map(pick),
    elsewhere: rows.filter(({ covered }) => covered === "tests").map(pick),
    beyondAdmission,
  };
}

/** The setting for namespaces without a tenant, as it is installed. Rejects when it cannot be read. */
export async function unclaimedSetting(client: Client): Promise<UnclaimedSetting> {
  const plural = "validatingadmissionpolicies";
  const [policy, binding] = await Promise.all(
    [plural, "validatingadmissionpolicybindings"].map((kind) =>
      read(client, `${admission}/${kind}/${unclaimedPolicyName}`),
    ),
  );
  const action = policy?.metadata.labels?.[labels.unclaimed];
  if (!policy || !binding || (action !== "Deny" && action !== "DefaultTenant")) return { action: "Ignore" };
  return {
    action,
    tenant: policy.metadata.labels?.[labels.defaultTenant],
    except: exceptOf(policy),
  };
}

/** What an installation excepts; an operator of before said it in the selector alone. */
function exceptOf({ metadata, spec }: KubeObject): readonly string[] {
  const said = metadata.annotations?.[annotations.unclaimedExcept]?.split(",") ?? [];
  return [...new Set([...namesLeftOut(spec.matchConstraints?.namespaceSelector ?? {}), ...said])];
}

function namesLeftOut({ matchExpressions = [] }: LabelSelector): readonly string[] {
  return matchExpressions.flatMap(({ key, operator, values }) =>
    key === nameKey && operator === "NotIn" ? (values ?? []) : [],
  );
}

/** Undefined when there is no such object. */
async function read(client: Client, path: string): Promise<KubeObject | undefined> {
  const { status, text } = await client.raw(path);
  if (status === 404) return undefined;
  if (status !== 200) throw new Error(`${path} returned ${status}: may you read it?`);
  return JSON.parse(text) as KubeObject;
}

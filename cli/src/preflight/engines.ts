/** Other engines' say in admission: what might change what is pinned, or stand in the way of our objects. Pure. */
import { admissionPrefix, group as ourGroup, webhookConfigurationName } from "@companyos/crds/names";
import type { KubeObject } from "@companyos/kube";
import { type Item, ok, some, warning } from "./item.ts";

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly operations?: readonly string[];
}

/** What bears a pin, or a pod's template. */
const pinned: readonly (readonly [group: string, resource: string])[] = [
  ["", "pods"],
  ["", "replicationcontrollers"],
  ...["deployments", "daemonsets", "statefulsets", "replicasets"].map((name) => ["apps", name] as const),
  ...["jobs", "cronjobs"].map((name) => ["batch", name] as const),
];

/** What the operator writes for tenants, and what makes them. */
const ours: readonly (readonly [group: string, resource: string])[] = [
  ...["regions", "residencypolicies", "tenants"].map((name) => [ourGroup, name] as const),
  ...["namespaces", "nodes", "resourcequotas", "limitranges", "secrets", "configmaps"].map(
    (name) => ["", name] as const,
  ),
  ["networking.k8s.io", "networkpolicies"],
  ["rbac.authorization.k8s.io", "rolebindings"],
  ["rbac.authorization.k8s.io", "clusterroles"],
];

const takes = (values: readonly string[] | undefined, value: string): boolean =>
  (values ?? []).some((one) => one === "*" || one === value || one === "*/*" || one === `${value}/*`);

/** Those of the kinds that a rule is about. */
function reached(rules: readonly Rule[], kinds: typeof ours): string[] {
  const found = kinds.filter(([group, resource]) =>
    rules.some(({ apiGroups, resources }) => takes(apiGroups, group) && takes(resources, resource)),
  );
  return found.map(([, resource]) => resource);
}

interface Webhook {
  readonly name: string;
  readonly failurePolicy?: string;
  readonly rules?: readonly Rule[];
}

const isOurs = ({ metadata: { name = "" } }: KubeObject): boolean =>
  name === webhookConfigurationName || name.startsWith(admissionPrefix);

export function engineItems(found: {
  readonly mutating: readonly KubeObject[];
  readonly validating: readonly KubeObject[];
  /** MutatingAdmissionPolicies. */
  readonly policies: readonly KubeObject[];
}): Item[] {
  const others = (objects: readonly KubeObject[]) => objects.filter((object) => !isOurs(object));
  const rulesOf = (policy: KubeObject): readonly Rule[] =>
    (policy as { spec?: { matchConstraints?: { resourceRules?: readonly Rule[] } } }).spec?.matchConstraints
      ?.resourceRules ?? [];
  const mutators = [
    ...others(found.mutating).flatMap((object) =>
      webhooksOf(object).map((hook) => ({ title: titled(object, hook), rules: hook.rules ?? [] })),
    ),
    ...others(found.policies).map((policy) => ({
      title: `MutatingAdmissionPolicy ${policy.metadata.name}`,
      rules: rulesOf(policy),
    })),
  ];
  const pins = mutators.flatMap(({ title, rules }) => {
    const kinds = reached(rules, pinned);
    if (kinds.length === 0) return [];
    return [
      warning(
        title,
        `it may change ${some(kinds)}`,
        `see that it sets no nodeSelector, affinity or nodeName in tenants' namespaces: what it changes is pinned again or refused, and where it undoes the pin each time, pods of new workloads wait`,
      ),
    ];
  });
  const blocking = [...others(found.mutating), ...others(found.validating)].flatMap((object) =>
    webhooksOf(object)
      .filter(({ failurePolicy }) => failurePolicy !== "Ignore")
      .flatMap((hook) => {
        const kinds = reached((hook.rules ?? []).filter(writes), ours);
        if (kinds.length === 0) return [];
        return [
          warning(
            titled(object, hook),
            `it is asked about ${some(kinds)}, and refuses them while it does not respond`,
            "leave the operator (ServiceAccount companyos-operator) or these kinds out of it, else tenants wait for that engine",
          ),
        ];
      }),
  );
  const all = [...pins, ...blocking];
  return all.length > 0
    ? all
    : [ok("Other engines", "no webhook or policy of others changes pods, or stands before our objects")];
}

const writes = ({ operations }: Rule): boolean => ["CREATE", "UPDATE"].some((one) => takes(operations, one));

const webhooksOf = (object: KubeObject): readonly Webhook[] =>
  (object as { webhooks?: readonly Webhook[] }).webhooks ?? [];

const titled = ({ kind, metadata }: KubeObject, { name }: Webhook): string =>
  `${kind} ${metadata.name}${name === metadata.name ? "" : ` (${name})`}`;

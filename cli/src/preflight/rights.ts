/** What whoever installs needs to be allowed, asked by SelfSubjectAccessReviews. */
import type { KubeClient } from "@companyos/kube";
import { type Item, missing, ok, some, unknown, warning } from "./item.ts";

type Kind = readonly [group: string, resource: string];

/** What the chart has, and Helm's own record of a release. A test holds it to the templates. */
export const clusterScoped: readonly Kind[] = [
  ["apiextensions.k8s.io", "customresourcedefinitions"],
  ["rbac.authorization.k8s.io", "clusterroles"],
  ["rbac.authorization.k8s.io", "clusterrolebindings"],
];

export const namespaced: readonly Kind[] = [
  ["", "secrets"],
  ["", "configmaps"],
  ["", "services"],
  ["", "serviceaccounts"],
  ["apps", "statefulsets"],
  ["batch", "jobs"],
  ["networking.k8s.io", "networkpolicies"],
  ["policy", "poddisruptionbudgets"],
  ["rbac.authorization.k8s.io", "roles"],
  ["rbac.authorization.k8s.io", "rolebindings"],
];

interface Attributes {
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
  readonly namespace?: string;
}

/** Undefined: the API server did not say. */
async function may(client: KubeClient, resourceAttributes: Attributes): Promise<boolean | undefined> {
  const { status, text } = await client.raw("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes },
    }),
  });
  if (status !== 201) return undefined;
  return (JSON.parse(text) as { status?: { allowed?: boolean } }).status?.allowed === true;
}

/** @param isThere whether the product's namespace is there already */
export async function rightsItems(client: KubeClient, namespace: string, isThere: boolean): Promise<Item[]> {
  const verbs = ["get", "create", "patch"];
  const wanted: readonly Attributes[] = [
    ...(isThere ? [] : [{ group: "", resource: "namespaces", verb: "create" }]),
    ...clusterScoped.flatMap(([group, resource]) => verbs.map((verb) => ({ group, resource, verb }))),
    ...namespaced.flatMap(([group, resource]) => verbs.map((verb) => ({ group, resource, verb, namespace }))),
  ];
  const said = await Promise.all(wanted.map(async (one) => ({ one, allowed: await may(client, one) })));
  if (said.some(({ allowed }) => allowed === undefined))
    return [
      unknown(
        "Rights",
        "the API server does not say what you may",
        "ask as somebody who may create selfsubjectaccessreviews",
      ),
    ];
  const lacking = said
    .filter(({ allowed }) => !allowed)
    .map(({ one: { verb, resource, group } }) => `${verb} ${resource}${group === "" ? "" : `.${group}`}`);
  return [
    lacking.length === 0
      ? ok("Rights", `you may create and change what the chart has, in the cluster and in ${namespace}`)
      : missing(
          "Rights",
          `you may not ${some(lacking)}`,
          "install as somebody who may, a cluster administrator for instance",
        ),
    await escalation(client),
  ];
}

/** Nobody can give what they do not have: the chart's roles have rights of their own. */
async function escalation(client: KubeClient): Promise<Item> {
  const check = "Rights to give rights";
  const group = "rbac.authorization.k8s.io";
  const [escalate, bind, all] = await Promise.all([
    may(client, { group, resource: "clusterroles", verb: "escalate" }),
    may(client, { group, resource: "clusterroles", verb: "bind" }),
    may(client, { group: "*", resource: "*", verb: "*" }),
  ]);
  return all || (escalate && bind)
    ? ok(check, "you may make the chart's roles and bind them")
    : warning(
        check,
        "you may make only roles of what you have yourself",
        "a cluster administrator may; else it takes escalate and bind on clusterroles and roles, or every right in docs/rbac.md",
      );
}

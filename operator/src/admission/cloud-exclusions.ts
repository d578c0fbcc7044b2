/**
 * Some clouds edit every webhook configuration, so that no webhook holds up their own namespaces: AKS adds requirements to
 * each namespaceSelector unless it is told not to, and adds them again when they are taken away. What excludes nobody's
 * data is left to them.
 */
import { cloudLabels, controlPlaneNamespaces, reservedNames } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { type LabelSelectorRequirement, matchLabelSelector } from "@companyos/policies";
import type { NamespaceSelector } from "./objects/scope.ts";

const nameKey = "kubernetes.io/metadata.name";

type Labels = Readonly<Record<string, string>>;

/** By the labels that the namespace guard keeps off tenants' namespaces, and by names, which nobody can change. */
const keys: readonly string[] = [...cloudLabels, nameKey];

/** Whether it can only keep namespaces away, and none that somebody could make it keep away. Pure. */
export function isExclusion({ key, operator }: LabelSelectorRequirement): boolean {
  return (operator === "NotIn" || operator === "DoesNotExist") && keys.includes(key);
}

/**
 * The configuration without what a cloud may have added: such exclusions, less those that keep the webhook away from one of
 * `tenants`, the labels of tenants' namespaces. Pure.
 */
export function withoutExclusions(
  live: KubeObject,
  desired: KubeObject,
  tenants: () => Iterable<Labels>,
): KubeObject {
  if (!Array.isArray(live.webhooks) || !Array.isArray(desired.webhooks)) return live;
  const webhooks = live.webhooks.map((webhook: KubeObject, index: number) => {
    const selector = webhook.namespaceSelector as NamespaceSelector | undefined;
    const wanted: readonly unknown[] = desired.webhooks[index]?.namespaceSelector?.matchExpressions ?? [];
    const isWanted = (requirement: unknown) =>
      wanted.some((one) => JSON.stringify(one) === JSON.stringify(requirement));
    const kept = selector?.matchExpressions?.filter(
      (requirement) =>
        isWanted(requirement) || !isExclusion(requirement) || !selectsAll([requirement], tenants()),
    );
    return kept?.length === selector?.matchExpressions?.length
      ? webhook
      : { ...webhook, namespaceSelector: { ...selector, matchExpressions: kept } };
  });
  return { ...live, webhooks };
}

function selectsAll(
  matchExpressions: readonly LabelSelectorRequirement[],
  namespaces: Iterable<Labels>,
): boolean {
  for (const labels of namespaces)
    if (matchLabelSelector({ matchExpressions }, labels) !== true) return false;
  return true;
}

/** Every field of a webhook but its namespaceSelector. */
const fields = [
  "name",
  "admissionReviewVersions",
  "clientConfig",
  "failurePolicy",
  "matchConditions",
  "matchPolicy",
  "objectSelector",
  "reinvocationPolicy",
  "rules",
  "sideEffects",
  "timeoutSeconds",
];

/**
 * CEL: an update adds such exclusions to webhooks, or takes a cloud's away, and does nothing else. Whether they exclude a
 * tenant it cannot tell: the operator can, and restores.
 */
export function onlyExclusions(product: string): string {
  const webhooks = (object: string) => `dyn(${object}).?webhooks.orValue([])`;
  const selector = (webhook: string) => `${webhook}.?namespaceSelector`;
  const expressions = (webhook: string) => `${selector(webhook)}.?matchExpressions.orValue([])`;
  const names = `r.key == '${nameKey}' && r.operator == 'NotIn' && r.values.all(n, n in ${JSON.stringify([...controlPlaneNamespaces, ...reservedNames(product)])})`;
  const cloud = `r.key in ${JSON.stringify(cloudLabels)} && r.operator in ['NotIn', 'DoesNotExist']`;
  const same = fields.map((field) => `w.?${field} == v.?${field}`).join(" && ");
  return (
    `size(${webhooks("object")}) == size(${webhooks("oldObject")}) && ` +
    `${webhooks("object")}.all(w, ${webhooks("oldObject")}.exists(v, ${same} && ` +
    `${selector("w")}.?matchLabels == ${selector("v")}.?matchLabels && ` +
    `${expressions("w")}.all(r, r in ${expressions("v")} || (${cloud}) || (${names})) && ` +
    `${expressions("v")}.all(r, r in ${expressions("w")} || (${cloud}))))`
  );
}

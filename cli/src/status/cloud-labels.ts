import { cloudLabels, labels, webhookConfigurationName } from "@companyos/crds";
import type { KubeClient, KubeObject } from "@companyos/kube";
import { type LabelSelector, matchLabelSelector } from "@companyos/policies";

const configurations = ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"];

/**
 * Tenants' namespaces that bear a label by which clouds keep namespaces from webhooks, since before they were a tenant's: an
 * item for each, in force unless a webhook is kept out there now. None where namespaces may not be listed.
 */
export async function cloudLabelled(
  client: Pick<KubeClient, "raw">,
): Promise<
  { readonly kind: string; readonly name: string; readonly ready: boolean; readonly detail: string }[]
> {
  const { status, text } = await client.raw(`/api/v1/namespaces?labelSelector=${labels.tenant}`);
  if (status !== 200) return [];
  const marked = (JSON.parse(text) as { items: KubeObject[] }).items.filter(({ metadata }) =>
    cloudLabels.some((key) => metadata.labels?.[key] !== undefined),
  );
  if (marked.length === 0) return [];
  const found = await Promise.all(configurations.map((plural) => selectorsOf(client, plural)));
  const selectors = found.flat();
  return marked.map(({ metadata }) => {
    const borne = cloudLabels.filter((key) => metadata.labels?.[key] !== undefined).join(", ");
    const isOut = selectors.some((selector) => isKeptOut(selector, metadata.labels ?? {}));
    const what = isOut
      ? "a webhook is kept out there now, and in-process policies decide alone until the operator has put that back"
      : "a cloud that excludes such namespaces keeps webhooks out there, again and again";
    return {
      kind: "Namespace",
      name: metadata.name ?? "",
      ready: !isOut,
      detail: `bears the label ${borne} from before it was a tenant's: ${what}; take the label off`,
    };
  });
}

/** By one of those labels, not by what a webhook is for. */
function isKeptOut(
  { matchExpressions = [] }: LabelSelector,
  worn: Readonly<Record<string, string>>,
): boolean {
  const clouds = matchExpressions.filter(({ key }) => (cloudLabels as readonly string[]).includes(key));
  return matchLabelSelector({ matchExpressions: clouds }, worn) === false;
}

async function selectorsOf(client: Pick<KubeClient, "raw">, plural: string): Promise<LabelSelector[]> {
  const path = `/apis/admissionregistration.k8s.io/v1/${plural}/${webhookConfigurationName}`;
  const { status, text } = await client.raw(path);
  if (status !== 200) return [];
  const { webhooks = [] } = JSON.parse(text) as KubeObject;
  return webhooks.map(({ namespaceSelector }: KubeObject) => namespaceSelector ?? {});
}

import { type PodMaker, podMakers } from "@companyos/conformance";
import { type KubeClient, parseApiVersion } from "@companyos/kube";
import { WrongUse } from "./wrong-use.ts";

interface Right {
  readonly verb: string;
  readonly group?: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
}

/** What the command does with the rights of whoever calls it, beside reading Tenants, Regions and Nodes. */
function needed(namespace: string): Right[] {
  const workloads = podMakers.flatMap(({ apiVersion, plural }) =>
    ["create", "patch", "deletecollection"].map((verb) => ({
      verb,
      group: parseApiVersion(apiVersion).group,
      resource: plural,
      namespace,
    })),
  );
  const admission = ["policies", "policybindings"].flatMap((what) =>
    ["mutatingadmission", "validatingadmission"].map((kind) => `${kind}${what}`),
  );
  return [
    ...workloads,
    { verb: "create", resource: "pods", subresource: "binding", namespace },
    { verb: "create", resource: "bindings", namespace },
    { verb: "list", resource: "namespaces" },
    ...[...admission, "mutatingwebhookconfigurations", "validatingwebhookconfigurations"].map((resource) => ({
      verb: "get",
      group: "admissionregistration.k8s.io",
      resource,
    })),
  ];
}

/** Asks the API server before anything is created, so that a missing right is not taken for a refusal. */
export async function mustHaveRights(client: KubeClient, namespace: string): Promise<void> {
  const rights = needed(namespace);
  const allowed = await Promise.all(rights.map((right) => isAllowed(client, right)));
  const missing = rights.filter((_, index) => !allowed[index]);
  if (missing.length === 0) return;
  const names = missing.map(
    ({ verb, group, resource, subresource }) =>
      `${verb} ${subresource ? `${resource}/${subresource}` : resource}${group ? `.${group}` : ""}`,
  );
  throw new WrongUse(
    "NOT_PERMITTED",
    `this kubeconfig lacks rights (in namespace ${namespace} where it applies): ${names.join(", ")}`,
  );
}

/** Those of the custom kinds that whoever calls may create: they are tried beside the rest, not required. */
export async function creatable(
  client: KubeClient,
  namespace: string,
  makers: readonly PodMaker[],
): Promise<PodMaker[]> {
  const allowed = await Promise.all(
    makers.map(({ apiVersion, plural }) =>
      isAllowed(client, {
        verb: "create",
        group: parseApiVersion(apiVersion).group,
        resource: plural,
        namespace,
      }),
    ),
  );
  return makers.filter((_, index) => allowed[index]);
}

async function isAllowed(client: KubeClient, right: Right): Promise<boolean> {
  const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  const { status, text } = await client.raw(path, {
    method: "POST",
    body: {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: right },
    },
  });
  if (status !== 201) throw new Error(`what you may do cannot be asked: ${status} ${text.slice(0, 300)}`);
  return (JSON.parse(text) as { status: { allowed: boolean } }).status.allowed;
}

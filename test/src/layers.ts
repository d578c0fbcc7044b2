/** Takes the layers of enforcement away from a running product, as a mishap or an attacker would, and gives them back. */

import { type Client, type Places, type Refusal, refusalIn } from "@companyos/conformance";
import { podSpecIn } from "@companyos/conformance/kinds";
import { pinnedTo } from "@companyos/conformance/pinned";
import {
  actualNodePolicyName,
  annotations,
  defaultBreakGlassGroup,
  namespaceGuardName,
  objectGuardName,
  pinnedPolicyName,
  pinPolicyName,
  repinPolicyName,
  webhookConfigurationName,
} from "@companyos/crds";
import type { Product } from "./product.ts";
import { until } from "./until.ts";

const admission = "/apis/admissionregistration.k8s.io/v1";
const policies = [
  ["mutatingadmissionpolicy", pinPolicyName],
  ["mutatingadmissionpolicy", repinPolicyName],
  ["validatingadmissionpolicy", pinnedPolicyName],
  ["validatingadmissionpolicy", actualNodePolicyName],
  ["validatingadmissionpolicy", namespaceGuardName],
  ["validatingadmissionpolicy", objectGuardName],
] as const;

/** Stops the operator's processes, so that nobody restores anything; `release` lets them go on. */
export function holdOperator({ dev }: Product): { release(): void } {
  const pids = dev.pods.filter(({ role }) => role === "operator").map(({ pid }) => pid);
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  return {
    release() {
      for (const pid of pids) process.kill(pid, "SIGCONT");
    },
  };
}

/** Deletes everything that is in force inside the API server, as an administrator may. */
export async function deletePolicies(client: Client): Promise<void> {
  for (const [kind, name] of policies) {
    await deleted(client, `${admission}/${kind.replace(/y$/, "ybindings")}/${name}`);
    await deleted(client, `${admission}/${kind.replace(/y$/, "ies")}/${name}`);
  }
}

/** Deletes the webhook's configurations, as only the break-glass group may. */
export async function deleteWebhooks(client: Client): Promise<void> {
  for (const kind of ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"])
    await deleted(client, `${admission}/${kind}/${webhookConfigurationName}`, {
      "impersonate-user": "on-call",
      "impersonate-group": defaultBreakGlassGroup,
    });
}

async function deleted(client: Client, path: string, headers: Record<string, string> = {}): Promise<void> {
  const { status, text } = await client.raw(path, { method: "DELETE", headers });
  if (status > 299) throw new Error(`${path} was answered with ${status}: ${text}`);
}

/** Where the layers are asked. */
interface Target {
  readonly namespace: string;
  readonly places: Places;
}

export interface InForce {
  readonly webhook: boolean;
  readonly policies: boolean;
}

/** Waits until exactly these layers answer, several times in a row. */
export async function onlyInForce(client: Client, target: Target, wanted: InForce): Promise<void> {
  await until(
    `in force: webhook ${wanted.webhook}, policies ${wanted.policies}`,
    async () => {
      for (let i = 0; i < 5; i++) {
        const responses = await probe(client, target);
        if (!asWanted(responses, wanted)) return responses;
      }
      return "as wanted";
    },
    (response) => response === "as wanted",
    { timeoutMs: 60_000 },
  );
}

interface Answers {
  /** A pod that says nothing of regions: pinned, admitted as it is, or refused by whom. */
  readonly pod: Refusal["by"] | "pinned" | "admitted";
  /** A Deployment that asks for a region abroad. */
  readonly template: Refusal["by"] | "admitted";
  /** A pod that names a node abroad. */
  readonly node: Refusal["by"] | "admitted";
  /** Residency metadata of the namespace, changed by an administrator. */
  readonly guard: Refusal["by"] | "admitted";
}

function asWanted({ pod, template, node, guard }: Answers, { webhook, policies }: InForce): boolean {
  const hooked = (by: string) => by.endsWith(".residency.companyos.io");
  const byNode = webhook ? hooked(node) : node === (policies ? actualNodePolicyName : "admitted");
  return (
    (webhook ? hooked(template) : template === "admitted") &&
    (policies ? pod === "pinned" : webhook ? hooked(pod) : pod === "admitted") &&
    guard === (policies ? namespaceGuardName : "admitted") &&
    byNode
  );
}

/** Dry runs: they leave nothing behind, and every layer decides on them. */
async function probe(client: Client, { namespace, places }: Target): Promise<Answers> {
  const metadata = { name: "probe", labels: { app: "probe" } };
  const containers = [{ name: "main", image: "nginx:1.29" }];
  const abroad = { nodeSelector: { "topology.kubernetes.io/region": places.abroad.region }, containers };
  const ask = async (method: string, path: string, body: object, type = "application/json") => {
    const response = await client.raw(path, {
      method,
      query: { dryRun: "All" },
      headers: { "content-type": type },
      body: JSON.stringify(body),
    });
    const object = JSON.parse(response.text);
    const message = response.status < 300 ? "" : object.message;
    const refusal = refusalIn({ status: response.status, object, message });
    if (response.status > 299 && !refusal)
      throw new Error(`${path} was answered with ${response.status}: ${message}`);
    return { object, by: refusal?.by ?? "admitted" };
  };
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const pod = (spec: object) => ask("POST", pods, { apiVersion: "v1", kind: "Pod", metadata, spec });
  const free = await pod({ containers });
  const template = await ask("POST", `/apis/apps/v1/namespaces/${namespace}/deployments`, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: { selector: { matchLabels: metadata.labels }, template: { metadata, spec: abroad } },
  });
  const node = await pod({ containers, nodeName: places.abroad.nodes[0] });
  const wider = { metadata: { annotations: { [annotations.allowedRegions]: "everywhere" } } };
  const guard = await ask("PATCH", `/api/v1/namespaces/${namespace}`, wider, "application/merge-patch+json");
  return {
    pod: pinnedTo(podSpecIn(free.object), places.allowed) ? "pinned" : free.by,
    template: template.by,
    node: node.by,
    guard: guard.by,
  };
}

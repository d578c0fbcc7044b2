/** What the API server is and serves. */
import type { KubeClient } from "@companyos/kube";
import { get } from "./ask.ts";
import { type Item, missing, ok, unknown, warning } from "./item.ts";

/** Since 1.36 MutatingAdmissionPolicies are `v1`, and served without a gate. */
const oldestMinor = 36;

interface Version {
  readonly major: string;
  readonly minor: string;
  readonly gitVersion: string;
}

export async function apiServer(client: KubeClient): Promise<Item[]> {
  const found = await get<Version>(client, "/version");
  const check = "API server";
  const version =
    found.state === "there"
      ? versionItem(found.value)
      : unknown(check, "its version cannot be read", "ask as somebody who may read /version");
  return [version, await admission(client)];
}

/** Pure. Clouds write minors such as `36+`. */
export function versionItem({ major, minor, gitVersion }: Version): Item {
  const isNewEnough = Number(major) > 1 || Number.parseInt(minor, 10) >= oldestMinor;
  return isNewEnough
    ? ok("API server", gitVersion)
    : missing(
        "API server",
        `${gitVersion} is older than 1.${oldestMinor}`,
        `upgrade the control plane to 1.${oldestMinor} or later`,
      );
}

const wanted = [
  "mutatingadmissionpolicies",
  "mutatingadmissionpolicybindings",
  "validatingadmissionpolicies",
  "validatingadmissionpolicybindings",
  "mutatingwebhookconfigurations",
  "validatingwebhookconfigurations",
];

async function admission(client: KubeClient): Promise<Item> {
  const check = "Admission APIs";
  const path = "/apis/admissionregistration.k8s.io/v1";
  const found = await get<{ resources?: readonly { name: string }[] }>(client, path);
  if (found.state === "forbidden")
    return unknown(check, found.message, "ask as somebody who may discover APIs");
  const served = new Set(
    found.state === "there" ? (found.value.resources ?? []).map(({ name }) => name) : [],
  );
  const lacking = wanted.filter((name) => !served.has(name));
  return lacking.length === 0
    ? ok(check, "policies and webhook configurations are served as v1")
    : missing(
        check,
        `admissionregistration.k8s.io/v1 has no ${lacking.join(", ")}`,
        "take MutatingAdmissionPolicy=false and ValidatingAdmissionPolicy=false out of the API server's --feature-gates and --runtime-config",
      );
}

const label = "node-restriction.kubernetes.io/companyos-preflight";

/**
 * Whether a kubelet could write a label that regions are told by: asked as one, by a dry run, which needs the right to impersonate.
 * Without it, whether the plugin has counted anything.
 */
export async function nodeRestriction(
  client: KubeClient,
  node: string | undefined,
  plugins: ReadonlySet<string> | undefined,
): Promise<Item> {
  const check = "NodeRestriction";
  const todo =
    "start kube-apiserver with --enable-admission-plugins=NodeRestriction (and --authorization-mode=Node,RBAC)";
  const isCounted = plugins?.has(check) === true;
  const counted = ok(check, "it is at work, as the API server's metrics say");
  if (node === undefined)
    return isCounted ? counted : warning(check, "not tried: there is no node to ask as", todo);
  const { status, text } = await client.raw(`/api/v1/nodes/${encodeURIComponent(node)}`, {
    method: "PATCH",
    query: { dryRun: "All" },
    headers: {
      "content-type": "application/merge-patch+json",
      "impersonate-user": `system:node:${node}`,
      "impersonate-group": "system:nodes",
    },
    body: JSON.stringify({ metadata: { labels: { [label]: "tried" } } }),
  });
  if (status === 200)
    return missing(
      check,
      "a kubelet may write node-restriction.kubernetes.io labels, and so move its node to another region",
      todo,
    );
  if (text.includes("is not allowed to modify labels"))
    return ok(check, "a kubelet may not write the label that regions are told by");
  if (isCounted) return counted;
  return warning(
    check,
    `not known: it takes the right to impersonate nodes (${status}), or to read the API server's metrics`,
    `managed control planes have it on; elsewhere, ${todo}. Who may impersonate finds out: kubectl label node ${node} ${label}=tried --dry-run=server --as=system:node:${node} --as-group=system:nodes must be forbidden`,
  );
}

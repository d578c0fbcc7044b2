import {
  actualNodePolicyName,
  pinnedPolicyName,
  pinPolicyName,
  repinPolicyName,
  restrictedRegion,
} from "@companyos/crds";
import type { KubeClient, KubeObject } from "@companyos/kube";

const group = "/apis/admissionregistration.k8s.io/v1";
const bindings = [
  ["mutatingadmissionpolicybindings", pinPolicyName],
  ["mutatingadmissionpolicybindings", repinPolicyName],
  ["validatingadmissionpolicybindings", pinnedPolicyName],
  ["validatingadmissionpolicybindings", actualNodePolicyName],
] as const;
// They are guarded; this is what the break-glass group is for. It may take them away; to make them anew, `bench` is given the right.
const headers = { "impersonate-user": "bench", "impersonate-group": "companyos:break-glass" };

/** The policies of ours that look at pods, to be put out of force and in again. The operator must be held. */
export async function policiesOf(client: KubeClient, probe: object) {
  const objects = await Promise.all(
    bindings.map(async ([plural, name]) => {
      const { apiVersion, kind, metadata, spec } = JSON.parse(
        (await client.raw(`${group}/${plural}/${name}`)).text,
      ) as KubeObject;
      return { apiVersion, kind, metadata: { name: metadata.name, labels: metadata.labels }, spec };
    }),
  );
  const granted = await client.raw("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    method: "POST",
    body: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "bench" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "bench" }],
    },
  });
  if (granted.status !== 201) throw new Error(`the bench could not be given its rights: ${granted.text}`);
  let inForce = true;

  /** Whether a pod that says nothing of regions comes back pinned, or is refused for it. */
  async function isPinned(): Promise<boolean> {
    const { text } = await client.raw("/api/v1/namespaces/bench/pods", {
      method: "POST",
      query: { dryRun: "All" },
      body: probe,
    });
    return text.includes(restrictedRegion) && !text.includes('"Failure"');
  }

  /** Resolves with whether that changed anything. */
  return async (wanted: boolean): Promise<boolean> => {
    if (wanted === inForce) return false;
    for (const [index, [plural, name]] of bindings.entries()) {
      const { status, text } = wanted
        ? await client.raw(`${group}/${plural}`, { method: "POST", headers, body: objects[index] })
        : await client.raw(`${group}/${plural}/${name}`, { method: "DELETE", headers });
      if (status > 299) throw new Error(`${name}: ${status} ${text}`);
    }
    inForce = wanted;
    for (let same = 0, tries = 0; same < 5; tries++) {
      if (tries > 400) throw new Error(`the policies did not come ${wanted ? "into" : "out of"} force`);
      same = (await isPinned()) === wanted ? same + 1 : 0;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return true;
  };
}

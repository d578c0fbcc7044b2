import { annotations, consentTo, orphanedUid } from "@companyos/crds";
import { residencyResources } from "@companyos/inventory";
import { isConflict, isForbidden, type KubeClient, type Resource, resources } from "@companyos/kube";
import type { Candidate } from "./candidates.ts";

const namespaces = resources.namespaces as Resource;
const { tenants } = residencyResources;

/**
 * Says, with your own rights, that it is to be let go. Never rejects: one failure must not stop the others.
 * @param itsUid the namespace's own: what bears its name by then may be another one
 */
export async function sayRelease(
  client: KubeClient,
  candidate: Candidate,
  itsUid: string | undefined,
): Promise<Candidate> {
  try {
    await (candidate.living ? byItsTenant(client, candidate) : byNamespace(client, candidate, itsUid));
    return { ...candidate, state: "waiting" };
  } catch (error) {
    const { message } = error as Error;
    if (!isForbidden(error)) return { ...candidate, state: "refused", code: "API_REFUSED", message };
    const todo = candidate.living
      ? `you may not patch Tenant ${candidate.tenant}; somebody who may: companyos release ${candidate.namespace}`
      : `it takes the right to patch the namespace and to update Tenant ${candidate.tenant}; somebody who may: companyos release ${candidate.namespace}`;
    return { ...candidate, state: "refused", code: "NOT_PERMITTED", message: `${todo} (${message})` };
  }
}

async function byItsTenant(client: KubeClient, { namespace, tenant, uid }: Candidate): Promise<void> {
  for (;;) {
    const live = await client.get(tenants, tenant ?? "");
    if (live.metadata.uid !== uid)
      throw new Error(`Tenant ${tenant} was made anew meanwhile: run this again`);
    const { release = [] } = live.spec;
    if (release.includes(namespace)) return;
    const { resourceVersion } = live.metadata;
    const patch = { metadata: { uid, resourceVersion }, spec: { release: [...release, namespace] } };
    try {
      await client.patch(tenants, tenant ?? "", "merge", patch);
      return;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}

async function byNamespace(
  client: KubeClient,
  { namespace, tenant, uid }: Candidate,
  itsUid: string | undefined,
): Promise<void> {
  const said = consentTo({ name: tenant ?? "", uid: uid ?? orphanedUid });
  const metadata = {
    ...(itsUid === undefined ? {} : { uid: itsUid }),
    annotations: { [annotations.letGo]: said },
  };
  await client.patch(namespaces, namespace, "merge", { metadata });
}

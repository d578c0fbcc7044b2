/** Who writes a pin back into a template from which it is taken out. Pure. */
import { restrictedRegion } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { owns, podSpecOf } from "@companyos/operator/rollouts";
import type { Path } from "@companyos/policies";

/**
 * The field manager that wrote the pin last; undefined where none is known. `except`: our own. Where a node selector bears
 * the pin that field says it, which is atomic (`mapType` of core/v1 PodSpec), else the required terms of the affinity.
 */
export function writerOf(object: KubeObject, path: Path, except: string): string | undefined {
  const { nodeSelector } = podSpecOf(object, path);
  const field =
    nodeSelector?.[restrictedRegion] === undefined
      ? ["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"]
      : ["nodeSelector"];
  const writers = (object.metadata.managedFields ?? [])
    .filter(({ manager, fieldsV1 }) => manager !== except && owns(fieldsV1, [...path, "spec", ...field]))
    .sort((a, b) => ((a.time ?? "") < (b.time ?? "") ? 1 : -1));
  return writers[0]?.manager;
}

export function writtenBack(writer: string | undefined): string {
  const who = writer ?? "somebody (kubectl get --show-managed-fields says who)";
  return `${who} writes the pin back when it is taken out: take it out of what ${writer ?? "that"} applies (of a GitOps tool: out of Git), or pause that, then run this again`;
}

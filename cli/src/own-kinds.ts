/** Objects of our own kinds in files, held to what the API server and kubectl would say of them. Pure. */
import { apiVersion, group, kinds, parseEvidenceBundle, unknownFields } from "@companyos/crds";
import { inventoryFromFiles } from "@companyos/inventory";
import { parseApiVersion } from "@companyos/kube";
import type { KubeObject } from "@companyos/policies";
import { metadataProblems } from "./metadata-problems.ts";

/**
 * What is wrong with an object of ours: `spec.homeRegion: …`. Nothing of another one. A field that the kind does not have is
 * wrong, too: the API server drops it, so a misspelt one is a rule that is not in force.
 */
export function ownProblems(object: KubeObject): string[] {
  if (parseApiVersion(String(object.apiVersion)).group !== group) return [];
  const kind = kinds.find((one) => one.kind === object.kind);
  if (!kind) {
    const served = kinds.map((one) => one.kind).join(", ");
    return [`kind: ${apiVersion} has no ${String(object.kind)}; it has ${served}`];
  }
  const wrong = kind.kind === "EvidenceBundle" ? ofBundle(object) : ofInventory(object);
  const unknown = object.apiVersion === apiVersion ? unknownFields(kind, object) : [];
  return [
    ...wrong,
    ...metadataProblems(object),
    ...unknown.map((field) => `${field}: a ${kind.kind} has no such field; the API server would drop it`),
  ];
}

const ofInventory = (object: KubeObject) =>
  inventoryFromFiles([object]).problems.map(({ message }) => message);

function ofBundle(object: KubeObject): string[] {
  const parsed = parseEvidenceBundle(object);
  return parsed.ok ? [] : parsed.problems.map(({ field, message }) => `${field}: ${message}`);
}

import type { KubeObject } from "@companyos/kube";
import { actualNodeBinding, actualNodePolicy } from "./actual-node.ts";
import { namespaceGuardBinding, namespaceGuardPolicy } from "./namespace-guard.ts";
import { objectGuardBinding, objectGuardPolicy } from "./object-guard.ts";
import { pinBinding, pinPolicy, repinBinding, repinPolicy } from "./pin.ts";
import { pinnedBinding, pinnedPolicy } from "./pinned.ts";
import type { AdmissionFacts, AdmissionMetadata, AdmissionSettings } from "./scope.ts";
import { unclaimedBinding, unclaimedPolicy } from "./unclaimed.ts";
import { mutatingWebhook, validatingWebhook } from "./webhooks.ts";

export type { AdmissionFacts, AdmissionMetadata, AdmissionSettings } from "./scope.ts";
export { defaultAdmissionMetadata } from "./scope.ts";

const noFacts: AdmissionFacts = { nodes: new Map(), reserved: new Set() };

/** Everything the operator installs in the API server, policies before the bindings that name them. */
export function admissionObjects(settings: AdmissionSettings, facts: AdmissionFacts = noFacts): KubeObject[] {
  const objects = [
    actualNodePolicy(settings, facts),
    actualNodeBinding(),
    namespaceGuardPolicy(settings, facts),
    namespaceGuardBinding(),
    objectGuardPolicy(settings),
    objectGuardBinding(),
    pinPolicy(settings),
    pinBinding(),
    repinPolicy(settings),
    repinBinding(),
    pinnedPolicy(settings),
    pinnedBinding(),
    ...(ignores(settings) ? [] : [unclaimedPolicy(settings), unclaimedBinding()]),
    mutatingWebhook(settings, facts.regionSets),
    validatingWebhook(settings, undefined, facts.served),
  ];
  const { metadata } = settings;
  return metadata ? objects.map((object) => withMetadata(object, metadata)) : objects;
}

/** What the operator goes by itself cannot be set otherwise. */
function withMetadata({ metadata, ...object }: KubeObject, extra: AdmissionMetadata): KubeObject {
  const labels = { ...extra.labels, ...metadata.labels };
  const annotations = { ...extra.annotations, ...metadata.annotations };
  const annotated = Object.keys(annotations).length > 0 ? { annotations } : {};
  return { ...object, metadata: { ...metadata, labels, ...annotated } };
}

/** What the operator may have installed under another setting, and has to remove under this one. */
export function formerObjects(settings: AdmissionSettings): KubeObject[] {
  return ignores(settings) ? [unclaimedBinding(), unclaimedPolicy(settings)] : [];
}

function ignores({ unclaimed }: AdmissionSettings): boolean {
  return (unclaimed?.action ?? "Ignore") === "Ignore";
}

import type { KubeObject } from "@companyos/kube";
import { actualNodeBinding, actualNodePolicy } from "./actual-node.ts";
import { namespaceGuardBinding, namespaceGuardPolicy } from "./namespace-guard.ts";
import { objectGuardBinding, objectGuardPolicy } from "./object-guard.ts";
import { pinBinding, pinPolicy } from "./pin.ts";
import { pinnedBinding, pinnedPolicy } from "./pinned.ts";
import type { AdmissionFacts, AdmissionSettings } from "./scope.ts";
import { mutatingWebhook, validatingWebhook } from "./webhooks.ts";

export type { AdmissionFacts, AdmissionSettings } from "./scope.ts";

const noFacts: AdmissionFacts = { nodes: new Map(), reserved: new Set() };

/** Everything the operator installs in the API server, policies before the bindings that name them. */
export function admissionObjects(settings: AdmissionSettings, facts: AdmissionFacts = noFacts): KubeObject[] {
  return [
    actualNodePolicy(settings, facts),
    actualNodeBinding(),
    namespaceGuardPolicy(settings, facts),
    namespaceGuardBinding(),
    objectGuardPolicy(settings),
    objectGuardBinding(),
    pinPolicy(settings),
    pinBinding(),
    pinnedPolicy(settings),
    pinnedBinding(),
    mutatingWebhook(settings),
    validatingWebhook(settings),
  ];
}

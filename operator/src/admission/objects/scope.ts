import {
  type CallerMode,
  defaultBreakGlassGroup,
  labels,
  managedBy,
  serviceAccounts,
  type UnclaimedSetting,
} from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import type { PlacedKind } from "@companyos/policies";

/** What the operator's admission objects depend on. Everything they contain follows from it. */
export interface AdmissionSettings {
  /** The product's own namespace, out of scope together with kube-system. */
  readonly productNamespace: string;
  /** Where the API server reaches the webhook. */
  readonly webhook:
    | { readonly url: string }
    | { readonly service: { readonly name: string; readonly namespace: string; readonly port: number } };
  /** PEM: every CA that may have signed the webhook's certificate (two of them during a rotation). */
  readonly caBundle: string;
  /** `available`: when the webhook does not respond, the in-process policies decide alone. `strict`: refuse. */
  readonly whenUnavailable: "available" | "strict";
  /** Seconds the API server waits for the webhook. */
  readonly timeoutSeconds: number;
  /** How the webhook knows its caller, for people to read; default `Unverified`. */
  readonly callers?: CallerMode | undefined;
  /** With SecretPath: what follows `/admit/`. */
  readonly path?: string | undefined;
  /** Labels and annotations of every object, besides ours, for what else runs in the cluster. */
  readonly metadata?: AdmissionMetadata | undefined;
  /** Group whose members the guards let pass; default `companyos:break-glass`. Empty: nobody. */
  readonly breakGlassGroup?: string | undefined;
  /** What happens in namespaces that no Tenant has; default: nothing. */
  readonly unclaimed?: UnclaimedSetting | undefined;
}

export interface AdmissionMetadata {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Asks AKS to leave admission webhooks as they are; it reads either (learn.microsoft.com/azure/aks/faq, "admission
 * controller webhooks").
 */
export const defaultAdmissionMetadata: AdmissionMetadata = {
  labels: { "admissions.enforcer/disabled": "true" },
  annotations: { "admissions.enforcer/disabled": "true" },
};

/** What the cluster adds: literals that follow the inventory. */
export interface AdmissionFacts {
  /** Region of every node that somebody vouches for, by the node's name. */
  readonly nodes: ReadonlyMap<string, string>;
  /** Names of namespaces that Tenants claim. */
  readonly reserved: ReadonlySet<string>;
  /** Custom resources with a placement reader that the cluster serves; default none. */
  readonly served?: readonly PlacedKind[];
  /** What namespaces in mode Enforce may use, by the value of `labels.allowedRegions`; default none. */
  readonly regionSets?: ReadonlyMap<string, readonly string[]>;
}

/** CEL: true unless the request is the operator's own, or that of a member of the break-glass group. */
export function unprivileged({ productNamespace, breakGlassGroup }: AdmissionSettings): string {
  const operator = `system:serviceaccount:${productNamespace}:${serviceAccounts.operator}`;
  const group = breakGlassGroup ?? defaultBreakGlassGroup;
  const outsider = `request.userInfo.username != '${operator}'`;
  return group === ""
    ? outsider
    : `${outsider} && !(${JSON.stringify(group)} in request.userInfo.?groups.orValue([]))`;
}

/** Tenants' namespaces, less those that are out of scope. */
export function tenantNamespaces(settings: AdmissionSettings): NamespaceSelector {
  return {
    matchExpressions: [
      { key: labels.tenant, operator: "Exists" },
      {
        key: "kubernetes.io/metadata.name",
        operator: "NotIn",
        values: [...new Set(["kube-system", settings.productNamespace])].sort(),
      },
    ],
  };
}

export interface NamespaceRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: string[];
}

export interface NamespaceSelector {
  matchExpressions: NamespaceRequirement[];
}

/** Marks what the operator installs, so that a person who meets it knows whom to ask. */
export function adminMetadata(name: string): KubeObject["metadata"] {
  return {
    name,
    labels: {
      "app.kubernetes.io/name": "companyos-residency",
      "app.kubernetes.io/component": "admission",
      [labels.managedBy]: managedBy,
    },
  };
}

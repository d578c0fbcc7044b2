import { group, policyNames } from "@companyos/crds";
import { type ReasonCode, reasonOf } from "@companyos/policies";
import type { ApiResponse } from "./request.ts";

/** A refusal of this product, read from the message that any client gets. */
export interface Refusal {
  readonly layer: "webhook" | "policy";
  /** The webhook's or the policy's name, as it is installed. */
  readonly by: string;
  /** Policies give none. */
  readonly reason?: ReasonCode;
  readonly receipt?: string;
}

const webhook = /^admission webhook "([^"]+)" denied the request/;
const policy = /ValidatingAdmissionPolicy '([^']+)' with binding/;
/** `[CODE, receipt ID; link]`, where `explain` ends. */
const code = /\[([A-Z][A-Z_]+)[,;]/;
/** UUIDv7. */
const receipt = /, receipt ([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})\b/;

/** Undefined when the request went through, or when somebody else refused it: RBAC, a quota, another policy engine. */
export function refusalIn({ status, message }: ApiResponse): Refusal | undefined {
  if (status !== 403) return undefined;
  const hook = webhook.exec(message)?.[1];
  if (hook?.endsWith(`.${group}`)) {
    const reason = code.exec(message)?.[1];
    const id = receipt.exec(message)?.[1];
    return {
      layer: "webhook",
      by: hook,
      ...(reason && reasonOf(reason) ? { reason: reason as ReasonCode } : {}),
      ...(id ? { receipt: id } : {}),
    };
  }
  const name = policy.exec(message)?.[1];
  return name !== undefined && policyNames.includes(name) ? { layer: "policy", by: name } : undefined;
}

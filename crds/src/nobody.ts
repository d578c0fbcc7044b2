/** Names of owners that nobody can bear: a binding with one of them is refused by the API server as a whole, or binds nobody. */
import { isDnsSubdomain, subdomainCelPattern } from "./fields.ts";

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | undefined;
}

/** No service account can be called so: RBAC asks for a DNS subdomain. */
export function isMisnamedAccount({ kind, name }: Subject): boolean {
  return kind === "ServiceAccount" && !isDnsSubdomain(name);
}

/** RE2's `\s`, with which the API server compares. */
const blank = "\\t\\n\\f\\r ";
const notBlank = new RegExp(`[^${blank}]`);

export const isBlank = ({ name }: Subject): boolean => !notBlank.test(name);

/** True of an owner that is left out of the bindings, so that the others get theirs. */
export function isNobody(owner: Subject): boolean {
  const isHomeless = owner.kind === "ServiceAccount" && !owner.namespace;
  return isMisnamedAccount(owner) || isBlank(owner) || isHomeless;
}

/** CEL over a subject `self`: it is not `isMisnamedAccount`. */
export const isAccountNameCel = `self.kind != 'ServiceAccount' || (self.name.size() <= 253 && self.name.matches('${subdomainCelPattern}'))`;

/** CEL over a subject `self`: it is not `isBlank`. */
export const isNotBlankCel = `self.name.matches(r'[^${blank}]')`;

import type { AdmissionRequest } from "./review.ts";

/**
 * The object's name; of one that the API server generates, what it begins with (`metadata.generateName`): mutating
 * admission sees such an object before it has its name, validating admission after, and each retry has another.
 */
export function nameOf({ name, object }: Pick<AdmissionRequest, "name" | "object">): string {
  const prefix = text(object?.metadata?.generateName);
  const whole = name || text(object?.metadata?.name);
  if (whole === "") return prefix;
  return isGenerated(whole, prefix) ? prefix : whole;
}

/** Of a name with 63 characters, as `k8s.io/apiserver/pkg/storage/names` makes it, these are for what it begins with. */
const maxPrefixLength = 58;
/** The characters of `k8s.io/apimachinery/pkg/util/rand`. */
const suffix = /^[bcdfghjklmnpqrstvwxz2456789]{5}$/;

/** Anybody can write any name beside any `generateName`: only what a generator could have made counts as generated. */
function isGenerated(name: string, generateName: string): boolean {
  const prefix = generateName.slice(0, maxPrefixLength);
  return prefix !== "" && name.startsWith(prefix) && suffix.test(name.slice(prefix.length));
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

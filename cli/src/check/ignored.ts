/** Kinds that somebody says place nothing: names as `Widget.example.com`, or patterns as `*.example.com`. Pure. */
import { parseApiVersion } from "@companyos/kube";
import type { Manifest } from "@companyos/manifests";
import { type KubeObject, placedKind } from "@companyos/policies";
import { didYouMean } from "../near-miss.ts";

/** A kind has 63 characters at most, a group 253 (RFC 1123). */
const longestName = 63 + 1 + 253;

/** Whether a kind is among them. Kinds that are read are decided all the same: a gate that looks away from Deployments is none. */
export function ignoring(patterns: readonly string[]): (object: KubeObject) => boolean {
  const expressions = patterns.map(expressionOf);
  return (object) => {
    const name = kindName(object);
    // Two stars in a pattern cost the square of a name's length.
    return name.length <= longestName && expressions.some((one) => one.test(name));
  };
}

/** Throws where one names a kind that is read, and where it is no name. */
export function mustBeUnread(pattern: string): void {
  const [kind = "", ...group] = pattern.split(".");
  if (placedKind(group.join("."), kind))
    throw new Error(`--ignore-kind ${pattern}: this kind makes pods, and is decided`);
  if (/^v[1-9]\d*((alpha|beta)[1-9]\d*)?$/.test(group.join(".")))
    throw new Error(
      `--ignore-kind ${pattern}: ${group.join(".")} is a version, and no group: expected KIND.GROUP, such as Widget.example.com, or the kind alone of the core group`,
    );
  if (!/^[\w*]+(\.[\w.*-]+)?$/.test(pattern))
    throw new Error(
      `--ignore-kind ${JSON.stringify(pattern)}: expected KIND.GROUP, such as Widget.example.com; * stands for any part`,
    );
}

/** What is to be said of those that no object is of. */
export function unmatched(patterns: readonly string[], manifests: readonly Manifest[]): string[] {
  const kinds = new Set(manifests.map(({ object }) => kindName(object)));
  const names = [...kinds].filter((name) => name.length <= longestName);
  // What is named beside it was not meant by it.
  const others = names.filter((name) => !patterns.includes(name));
  return patterns
    .filter((pattern) => {
      const expression = expressionOf(pattern);
      return !names.some((name) => expression.test(name));
    })
    .map((pattern) => `--ignore-kind ${pattern}: no object is of such a kind${didYouMean(pattern, others)}`);
}

const expressionOf = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`);

/** `KIND.GROUP`; of the core group the kind alone. */
function kindName({ apiVersion, kind }: KubeObject): string {
  const { group } = parseApiVersion(String(apiVersion));
  return group === "" ? String(kind) : `${kind}.${group}`;
}

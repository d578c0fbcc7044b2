import { group } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";

/** For a merge patch: takes every label and annotation of ours off a namespace. Pure. */
export function withoutOurs({ metadata }: KubeObject): {
  labels: Record<string, null>;
  annotations: Record<string, null>;
} {
  const ours = (all: Readonly<Record<string, string>> = {}) =>
    Object.fromEntries(
      Object.keys(all)
        .filter((key) => key.startsWith(`${group}/`))
        .map((key) => [key, null]),
    );
  return { labels: ours(metadata.labels), annotations: ours(metadata.annotations) };
}

import { annotations, group } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";

/**
 * For a merge patch: takes every label and annotation of ours off a namespace. `consented`: but for its consent to a
 * hand-over, which stays good, as nobody but the setting has given or takes the namespace. Pure.
 */
export function withoutOurs(
  { metadata }: KubeObject,
  consented = false,
): {
  labels: Record<string, null>;
  annotations: Record<string, null>;
} {
  const ours = (all: Readonly<Record<string, string>> = {}) =>
    Object.fromEntries(
      Object.keys(all)
        .filter((key) => key.startsWith(`${group}/`) && !(consented && key === annotations.adoptBy))
        .map((key) => [key, null]),
    );
  return { labels: ours(metadata.labels), annotations: ours(metadata.annotations) };
}

import type { annotations } from "./names.ts";

/**
 * Regions that a namespace lists in one of these annotations, as they stand there; none for an empty or absent one. The
 * policies in CEL read them alike.
 */
export function regionsListed(
  metadata: { readonly annotations?: Readonly<Record<string, string>> | null | undefined } | undefined,
  annotation: (typeof annotations)["allowedRegions" | "formerRegions" | "topologyPinned"],
): string[] {
  return (metadata?.annotations?.[annotation] ?? "").split(",").filter(Boolean);
}

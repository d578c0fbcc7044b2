/** Every kind of placement that is read. Adding one is a file beside these and a line here. */
import type { PlacementReader } from "../types.ts";
import { bindings } from "./bindings.ts";
import { cronjobs } from "./cronjobs.ts";
import { pods } from "./pods.ts";
import { podtemplates } from "./podtemplates.ts";
import { workloads } from "./workloads.ts";

export const readers: readonly PlacementReader[] = [pods, workloads, cronjobs, podtemplates, bindings];

const byResource = new Map(
  readers.flatMap((reader) => reader.resources.map((resource) => [resource, reader] as const)),
);

/** The reader for a resource (core group: `""`), or undefined when nothing in it places anything. */
export function readerFor(
  group: string,
  resource: string,
  subresource?: string,
): PlacementReader | undefined {
  return byResource.get(subresource ? `${group}/${resource}/${subresource}` : `${group}/${resource}`);
}

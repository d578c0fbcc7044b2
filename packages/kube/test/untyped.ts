import type { AnyResource, Resource } from "../src/index.ts";

/** Resources whose objects a test writes and reads as it likes, whatever their schemas say. */
export function untyped<Name extends string>(
  resources: Readonly<Record<Name, AnyResource>>,
): Record<Name, Resource> {
  return resources;
}

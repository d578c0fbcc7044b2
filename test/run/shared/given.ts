export type Globals = typeof import("@jest/globals");

let current: Globals | undefined;

/** Before a file is imported: its tests, hooks and mocks. */
export function give(globals: Globals): void {
  current = globals;
}

export function given(): Globals {
  if (current === undefined) throw new Error("no test file is loaded");
  return current;
}

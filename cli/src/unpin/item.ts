import type { UnpinCode } from "../codes/unpin.ts";
/** What bears a pin, or bore it. */
export interface Item {
  readonly kind: string;
  readonly namespace: string;
  /** `*`: all of the kind there. */
  readonly name: string;
  /**
   * `pinned`: nothing was done yet. `replacing`: its template is free of it, pods of before are left. `unpinned`: nothing
   * of it bears a pin. `deleted`: an old revision that a rollback would have brought back. `remains`: it keeps its pin, or
   * nobody could look; `message` says what to do.
   */
  readonly state: "pinned" | "replacing" | "unpinned" | "deleted" | "remains";
  readonly code?: ItemCode;
  readonly message?: string;
}

/** Stable. */
export type ItemCode = UnpinCode;

export function isDone({ state }: Item): boolean {
  return state === "unpinned" || state === "deleted";
}

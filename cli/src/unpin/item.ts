/** What bears a pin, or bore it. */
export interface Item {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /**
   * `pinned`: nothing was done yet. `replacing`: its template is free of it, pods of before are left. `unpinned`: nothing
   * of it bears a pin. `remains`: it keeps its pin, `message` says what to do.
   */
  readonly state: "pinned" | "replacing" | "unpinned" | "remains";
  /** Stable: ENFORCED, REFUSED, NOT_REPLACED, POD_PINNED, JOB_PINNED, LABEL_NAMED, STILL_INSTALLED. */
  readonly code?: string;
  readonly message?: string;
}

export function isDone({ state }: Item): boolean {
  return state === "unpinned";
}

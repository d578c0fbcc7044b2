/** `Enforce` blocks and pins, `Warn` returns a warning, `Audit` only records. */
export const modes = ["Enforce", "Warn", "Audit"] as const;
export type PolicyMode = (typeof modes)[number];

/** `Enforce` blocks and pins, `Warn` answers with a warning, `Audit` only records. */
export const modes = ["Enforce", "Warn", "Audit"] as const;
export type PolicyMode = (typeof modes)[number];

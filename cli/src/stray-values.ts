/** Helm values that stand one level off, so that nothing of them would count. Pure. */

export const whereValuesStand =
  "it has companyos.residency.enforce and companyos.residency.unclaimed, as `helm get values RELEASE -n NAMESPACE --all` prints them";

/** By where they would stand. Further members of `companyos.residency` are the chart's business. */
const misplaced: readonly (readonly [path: readonly string[], isStray: (key: string) => boolean])[] = [
  [[], (key) => ["residency", "unclaimed", "enforce"].includes(key)],
  [["companyos"], (key) => key !== "residency"],
  [["companyos", "residency"], (key) => ["action", "tenant", "except", "residency"].includes(key)],
  [["companyos", "residency", "unclaimed"], (key) => !["action", "tenant", "except"].includes(key)],
];

/** The path of the first value that stands where the chart has none, or of what is no map: `companyos.unclaimed`. */
export function strayValue(values: unknown): string | undefined {
  for (const [path, isStray] of misplaced) {
    const there = path.reduce<unknown>((inside, key) => (isMap(inside) ? inside[key] : undefined), values);
    if (there === undefined || there === null) continue;
    if (!isMap(there)) return path.join(".") || "what is no map";
    const found = Object.keys(there).find(isStray);
    if (found !== undefined) return [...path, found].join(".");
  }
  return undefined;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

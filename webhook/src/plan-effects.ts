import type { Plan } from "@companyos/policies";

/** Something that becomes of Tenants. `what` reads after their names, or after `some Tenants`. */
export interface Effect {
  readonly what: string;
  readonly tenants: readonly string[];
}

/** A Tenant's plan as it is, and as it would be. */
export interface PlanPair {
  readonly before: Plan;
  readonly after: Plan;
}

/**
 * What a change takes from Tenants, the worst first, and what it lets them do: losing what held them is worth a word, too. `asked`:
 * a weaker rule is what its author wrote, and no surprise. Pure.
 */
export function planEffects(pairs: readonly PlanPair[], asked: boolean): Effect[] {
  const tenants = new Map<string, string[]>();
  const note = (what: string, { after }: PlanPair) =>
    tenants.set(what, [...(tenants.get(what) ?? []), after.tenant]);
  for (const pair of pairs) for (const what of effectsOn(pair, asked)) note(what, pair);
  return [...tenants]
    .map(([what, names]) => ({ what, tenants: names.sort() }))
    .sort((a, b) => rank(a.what) - rank(b.what));
}

const nowhere = "may live nowhere then: every new placement is refused";
const enforced =
  "will be in mode Enforce: what leads elsewhere is refused, and workloads are pinned and rolled";
const relaxed = "will not be in mode Enforce any more";
const wider = "may live in more regions than before";
const order = [nowhere, enforced, "may not live in", relaxed, wider];
const rank = (what: string) => order.findIndex((start) => what.startsWith(start));

function effectsOn({ before, after }: PlanPair, asked: boolean): string[] {
  const lost = before.regions.filter((region) => !after.regions.includes(region));
  const narrowed =
    before.regions.length > 0 && after.regions.length === 0
      ? [nowhere]
      : lost.map((region) => `may not live in ${region} any more`);
  const stricter = before.mode !== "Enforce" && after.mode === "Enforce" ? [enforced] : [];
  if (asked) return [...narrowed, ...stricter];
  return [
    ...narrowed,
    ...stricter,
    ...(before.mode === "Enforce" && after.mode !== "Enforce" ? [relaxed] : []),
    ...(after.regions.some((region) => !before.regions.includes(region)) ? [wider] : []),
  ];
}

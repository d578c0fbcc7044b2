import { pinnedPolicyName } from "@companyos/crds";
import { maxExpressions, maxTerms } from "@companyos/policies";
import { podMakers } from "../kinds.ts";
import { expression, noScheduler, type PodSpec, podSpec, regionKey, required, type Term } from "../places.ts";
import { create } from "../request.ts";
import type { Way } from "../way.ts";

/**
 * Asks for its tenant's own region, in more terms or expressions than are read: what the API server would spend on one
 * such pod grows with their square. Its twin has as many as are read.
 */
export const excessive: Way = (scene) => {
  const { random, places } = scene;
  const maker = random.pick(podMakers);
  const terms = random.chance(0.5);
  const home = expression(regionKey, "In", places.home.region).matchExpressions ?? [];
  const silent = (count: number): Term["matchExpressions"] =>
    Array.from({ length: count }, (_, i) => ({ key: `example.com/l-${i}`, operator: "DoesNotExist" }));
  const spec = (beyond: number): PodSpec =>
    terms
      ? required(...Array.from({ length: maxTerms + beyond }, () => ({ matchExpressions: home })))
      : required({
          matchExpressions: [...home, ...(silent(maxExpressions - home.length + 2 * beyond) ?? [])],
        });
  const schedulerName = maker.startsPods ? { schedulerName: noScheduler } : {};
  return {
    rows: maker.kind === "Pod" ? ["P12"] : ["P12", "P9"],
    title: `${maker.kind}: more ${terms ? "terms" : "expressions"} than are read`,
    expected: "refused",
    podRefusedBy: pinnedPolicyName,
    unlawful: create(scene, maker, "unlawful", podSpec({ ...spec(1), ...schedulerName })),
    lawful: create(scene, maker, "lawful", podSpec({ ...spec(0), ...schedulerName })),
  };
};

import { type PodMaker, podMaker } from "../kinds.ts";
import { podSpec, regionKey } from "../places.ts";
import { create, edit, type Side } from "../request.ts";
import type { Way } from "../way.ts";

/** A template that was lawful and is edited: Deployments, CronJobs, and Jobs while suspended. */
export const editing: Way = (scene) => {
  const { random, places } = scene;
  const maker = podMaker(random.pick(["Deployment", "Job", "CronJob"]));
  const region = { unlawful: places.abroad.region, lawful: places.home.region };
  const before = (side: Side) => [create(scene, maker, side, podSpec())];
  const move = (side: Side) =>
    edit(scene, maker, side, at(maker, { nodeSelector: { [regionKey]: region[side] } }));
  return {
    rows: maker.kind === "Job" ? ["P8", "P9"] : ["P9"],
    title: `${maker.kind}: its template edited`,
    expected: "refused",
    prepare: { unlawful: before("unlawful"), lawful: before("lawful") },
    unlawful: move("unlawful"),
    lawful: move("lawful"),
  };
};

/** A merge patch of a kind's pod spec. */
export function at({ path }: PodMaker, change: object): object {
  return path.reduceRight<object>((inner, step) => ({ [step]: inner }), change);
}

import { noise } from "../constraints.ts";
import { podMakers } from "../kinds.ts";
import { noScheduler, podSpec } from "../places.ts";
import { create, type Side } from "../request.ts";
import type { Way } from "../way.ts";

/** Creates something whose pods may go abroad. */
export const creating: Way = (scene) => {
  const { random, places } = scene;
  const maker = random.pick(podMakers);
  const constraint = scene.constraint();
  const isPod = maker.kind === "Pod";
  const schedulerName = maker.startsPods ? { schedulerName: noScheduler } : {};
  const request = (side: Side) =>
    create(
      scene,
      maker,
      side,
      podSpec({ ...noise(random), ...constraint[side](places, random), ...schedulerName }),
    );
  return {
    rows: isPod ? [constraint.row] : [constraint.row, "P9"],
    title: `${maker.kind}: ${constraint.name}`,
    expected: "refused",
    // A template places nothing by itself: what its pods lean on is not asked yet.
    ...(isPod && constraint.twinLeansOnPin ? { leansOnPin: { lawful: "REGION_UNCONSTRAINED" } } : {}),
    ...(constraint.podRefusedBy ? { podRefusedBy: constraint.podRefusedBy } : {}),
    unlawful: request("unlawful"),
    lawful: request("lawful"),
  };
};

import { podMaker } from "../kinds.ts";
import { noScheduler, type Place, podSpec, regionKey, zoneKey } from "../places.ts";
import { createPod, edit, type Side } from "../request.ts";
import type { Way } from "../way.ts";

/** A gated pod that takes its constraint later. */
export const gated: Way = (scene) => {
  const { random, places } = scene;
  const zoned = places.home.zone !== undefined && places.abroad.zone !== undefined;
  const key = zoned && random.chance(0.5) ? zoneKey : regionKey;
  const value = ({ region, zone }: Place) => (key === regionKey ? region : zone);
  const waiting = (side: Side) => [
    createPod(
      scene,
      side,
      podSpec({ schedulerName: noScheduler, schedulingGates: [{ name: "example.com/wait" }] }),
    ),
  ];
  const constrain = (side: Side, place: Place) =>
    edit(scene, podMaker("Pod"), side, { spec: { nodeSelector: { [key]: value(place) } } });
  return {
    rows: ["P8"],
    title: "Pod: gated, constrained later",
    expected: "refused",
    prepare: { unlawful: waiting("unlawful"), lawful: waiting("lawful") },
    unlawful: constrain("unlawful", places.abroad),
    lawful: constrain("lawful", places.home),
  };
};

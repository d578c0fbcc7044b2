import { podSpec } from "../places.ts";
import { createPod } from "../request.ts";
import type { Way } from "../way.ts";

/** `spec.nodeName`: the scheduler is never asked. */
export const nodeName: Way = (scene) => {
  const { random, places } = scene;
  const unknown = random.chance(0.3);
  const target = unknown ? `ghost-${random.below(1000)}` : random.pick(places.abroad.nodes);
  return {
    rows: ["P6"],
    title: unknown ? "Pod: the name of a node that does not exist" : "Pod: the name of a node abroad",
    expected: "refused",
    direct: true,
    unlawful: createPod(scene, "unlawful", podSpec({ nodeName: target })),
    lawful: createPod(scene, "lawful", podSpec({ nodeName: random.pick(places.home.nodes) })),
  };
};

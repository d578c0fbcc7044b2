import { noise } from "../constraints.ts";
import { podMaker } from "../kinds.ts";
import { expression, noScheduler, type PodSpec, podSpec, regionKey } from "../places.ts";
import { create } from "../request.ts";
import type { Way } from "../way.ts";

/** Names no region, or only prefers one. Nothing is to be refused: the pin keeps it at home. */
export const unconstrained: Way = (scene) => {
  const { random, places } = scene;
  const maker = podMaker(random.chance(0.7) ? "Pod" : "DaemonSet");
  const soft = random.chance(0.5);
  const spec: PodSpec = {
    ...noise(random),
    schedulerName: noScheduler,
    ...(soft ? { affinity: preferring(places.abroad.region) } : {}),
  };
  const home = { nodeSelector: { [regionKey]: places.home.region } };
  return {
    rows: soft ? ["P1", "P5"] : ["P1"],
    title: `${maker.kind}: ${soft ? "only prefers to go abroad" : "no region constraint"}`,
    expected: "pinned",
    // Without the pin the pod is refused; a DaemonSet is a template, so its pods are.
    leansOnPin: { unlawful: maker.kind === "Pod" ? "REGION_UNCONSTRAINED" : "HELD" },
    unlawful: create(scene, maker, "unlawful", podSpec(spec)),
    lawful: create(scene, maker, "lawful", podSpec({ ...spec, ...home })),
  };
};

/** Node and pod affinity that weighs, and binds to nothing. */
function preferring(region: string): PodSpec {
  return {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 100, preference: expression(regionKey, "In", region) },
      ],
    },
    podAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        {
          weight: 100,
          podAffinityTerm: {
            topologyKey: regionKey,
            labelSelector: { matchLabels: { "example.com/lives": region } },
          },
        },
      ],
    },
  };
}

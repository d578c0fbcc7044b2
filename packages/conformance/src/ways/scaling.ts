import { podMaker } from "../kinds.ts";
import { noScheduler, podSpec, regionKey } from "../places.ts";
import { create, edit, type Side } from "../request.ts";
import type { Way } from "../way.ts";
import { at } from "./editing.ts";

/** What runs is scaled or labelled, which nobody may hold up; a move in the same request is one all the same. */
export const scaling: Way = (scene) => {
  const { random, places } = scene;
  const maker = podMaker(random.pick(["Deployment", "ReplicaSet", "StatefulSet"]));
  const change = random.pick([
    { title: "scaled", spec: { replicas: 0 } },
    { title: "labelled", metadata: { labels: { "example.com/tier": "back" } } },
    { title: "annotated", metadata: { annotations: { "example.com/owner": "team-a" } } },
  ]);
  const { title, ...lawful } = change;
  const moved = at(maker, { nodeSelector: { [regionKey]: places.abroad.region } }) as { spec: object };
  // One that waits for a scheduler that does not exist, so that scaling down has something to do.
  const before = (side: Side) => {
    const request = create(scene, maker, side, podSpec({ schedulerName: noScheduler }));
    const body = request.body as { spec: object };
    return [{ ...request, body: { ...body, spec: { ...body.spec, replicas: 1 } } }];
  };
  return {
    rows: ["P10"],
    title: `${maker.kind}: ${title}, and moved with it`,
    expected: "refused",
    prepare: { unlawful: before("unlawful"), lawful: before("lawful") },
    unlawful: edit(scene, maker, "unlawful", {
      ...lawful,
      spec: { ...("spec" in lawful ? lawful.spec : {}), ...moved.spec },
    }),
    lawful: edit(scene, maker, "lawful", lawful),
  };
};

import { podMakers } from "../kinds.ts";
import { noScheduler, podSpec } from "../places.ts";
import { create, nameOf, type Request, type Side } from "../request.ts";
import type { Way } from "../way.ts";

/** No owner of any cluster: a version 8 UUID of zeros. The same in every attempt, as a forger would have it. */
const nobody = "00000000-0000-8000-8000-000000000000";

/**
 * Says that a controller made it, under a name like a generated one, so that it might be counted in the receipt of what
 * that controller did before. It is refused as itself: with a receipt of its own.
 */
export const forgedOwner: Way = (scene) => {
  const { random, places } = scene;
  const maker = random.pick(
    podMakers.filter(({ kind }) => kind === "Pod" || kind === "ReplicaSet" || kind === "Job"),
  );
  const constraint = scene.constraint();
  const isPod = maker.kind === "Pod";
  const request = (side: Side): Request => {
    const spec = { ...constraint[side](places, random), ...(isPod ? { schedulerName: noScheduler } : {}) };
    const made = create(scene, maker, side, podSpec(spec));
    const { metadata, ...rest } = made.body as { metadata: object };
    const owner = {
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      name: "conformance",
      uid: nobody,
      controller: true,
    };
    const generateName = nameOf(scene, side).slice(0, -5);
    return { ...made, body: { ...rest, metadata: { ...metadata, generateName, ownerReferences: [owner] } } };
  };
  return {
    rows: [constraint.row, "P11"],
    title: `${maker.kind}: forged owner, ${constraint.name}`,
    expected: "refused",
    ...(isPod && constraint.twinLeansOnPin ? { leansOnPin: { lawful: "REGION_UNCONSTRAINED" } } : {}),
    ...(constraint.podRefusedBy ? { podRefusedBy: constraint.podRefusedBy } : {}),
    unlawful: request("unlawful"),
    lawful: request("lawful"),
  };
};

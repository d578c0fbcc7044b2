import type { PodMaker } from "../kinds.ts";
import { podSpec, regionKey } from "../places.ts";
import { create, type Side } from "../request.ts";
import type { Way } from "../way.ts";

/** Creates a custom resource whose pods may go abroad. It is decided, and not pinned. */
export function creatingCustom(maker: PodMaker): Way {
  return (scene) => {
    const region = { unlawful: scene.places.abroad.region, lawful: scene.places.home.region };
    const request = (side: Side) =>
      create(scene, maker, side, podSpec({ nodeSelector: { [regionKey]: region[side] } }));
    return {
      rows: ["P9"],
      title: `${maker.kind} of ${maker.apiVersion}: nodeSelector with another region`,
      expected: "refused",
      unlawful: request("unlawful"),
      lawful: request("lawful"),
    };
  };
}

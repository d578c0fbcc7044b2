import { noScheduler, podSpec, regionKey } from "../places.ts";
import { createPod, nameOf, type Request, type Side } from "../request.ts";
import type { Scene } from "../scene.ts";
import type { Way } from "../way.ts";

/** A binding by somebody with the right to post one, through both resources, with forged labels at times. */
export const binding: Way = (scene) => {
  const { random, places } = scene;
  const how = {
    legacy: random.chance(0.4),
    kindless: random.chance(0.3),
    labels: random.chance(0.5) ? { [regionKey]: places.home.region } : undefined,
  };
  const waiting = (side: Side) => createPod(scene, side, podSpec({ schedulerName: noScheduler }));
  const target = random.chance(0.2) ? "ghost" : random.pick(places.abroad.nodes);
  return {
    rows: ["P7"],
    title: [
      how.legacy ? "bindings" : "pods/binding",
      ...(how.labels ? ["with a forged region label"] : []),
      ...(how.kindless ? ["without target.kind"] : []),
    ].join(" "),
    expected: "refused",
    direct: true,
    prepare: { unlawful: [waiting("unlawful")], lawful: [waiting("lawful")] },
    unlawful: bind(scene, nameOf(scene, "unlawful"), target, how),
    lawful: bind(scene, nameOf(scene, "lawful"), random.pick(places.home.nodes), how),
  };
};

interface How {
  readonly legacy?: boolean;
  readonly kindless?: boolean;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Puts a waiting pod on a node. */
export function bind(
  { namespace }: Pick<Scene, "namespace">,
  pod: string,
  node: string,
  { legacy, kindless, labels }: How = {},
): Request {
  return {
    method: "POST",
    path: legacy
      ? `/api/v1/namespaces/${namespace}/bindings`
      : `/api/v1/namespaces/${namespace}/pods/${pod}/binding`,
    body: {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name: pod, ...(labels ? { labels } : {}) },
      target: { apiVersion: "v1", ...(kindless ? {} : { kind: "Node" }), name: node },
    },
  };
}

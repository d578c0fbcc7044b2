import { podSpecIn } from "./kinds.ts";
import { noScheduler, type Places } from "./places.ts";
import { type Refusal, refusalIn } from "./refusal.ts";
import { type ApiResponse, type Client, createPod, nameOf, send } from "./request.ts";
import type { Attempt } from "./way.ts";
import { bind } from "./ways/binding.ts";

/** Why something that was admitted at apply time cannot get out all the same. */
export interface Held {
  readonly at: "the pod is refused" | "its binding is refused";
  readonly by: Refusal;
}

interface Where {
  readonly client: Client;
  readonly namespace: string;
  readonly run: string;
  readonly places: Places;
}

/**
 * Makes the pod that an admitted object asks for and puts it on a node abroad, as a scheduler of one's own could: by a
 * dry run, which every layer decides and which moves nothing. The pod waits for a scheduler that does not exist.
 * @returns what held it; `escaped` when nothing did; `unclear` when somebody else stood in the way.
 */
export async function heldBack(
  attempt: Attempt,
  admitted: ApiResponse,
  { client, namespace, run, places }: Where,
): Promise<Held | "escaped" | "unclear"> {
  if (attempt.direct) return "escaped";
  const { schedulingGates: _gates, nodeName: _node, ...spec } = podSpecIn(admitted.object) ?? {};
  const scene = { namespace, run, name: `${attempt.name}-proof` };
  const create = createPod(scene, "unlawful", { ...spec, schedulerName: noScheduler });
  const created = await send(client, create, false);
  const refused = refusalIn(created);
  if (refused) return { at: "the pod is refused", by: refused };
  if (created.status >= 300) return "unclear";
  const node = places.abroad.nodes[0]!;
  const bound = await send(client, bind({ namespace }, nameOf(scene, "unlawful"), node), true);
  const held = refusalIn(bound);
  if (held) return { at: "its binding is refused", by: held };
  return bound.status < 300 ? "escaped" : "unclear";
}

import { setTimeout as pause } from "node:timers/promises";
import type { Stage } from "../stage.ts";

/** Something that is really done to the running product, so that what alerts are about is the case. */
export interface Act {
  /** Those that it makes fire; with labels where others fire for other reasons: `NotaryUnreachable{region="eu-west-1"}`. */
  readonly alerts: readonly string[];
  /** What is done, as the end of a sentence "… fires when". */
  readonly when: string;
  /** Does it, waits for the alerts by `fired`, and takes back what would be in the way of others. */
  make(stage: Stage, fired: Fired): Promise<void>;
}

/** Resolves once Prometheus has said that these fire. */
export type Fired = (...alerts: readonly string[]) => Promise<void>;

/** A load, and not as much as the machine can bear: what it loads has to get its turn. */
const restMs = 100;

/** Longer than the rules look back here (`quickened`): what was done before is no longer seen. */
export const forgottenMs = 20_000;

/** Does something again and again, so many milliseconds apart, until the alerts fire. */
export async function untilFired(
  fired: Fired,
  alerts: readonly string[],
  work: (round: number) => Promise<unknown>,
  apartMs = restMs,
): Promise<void> {
  const over = new AbortController();
  const all = fired(...alerts).finally(() => over.abort());
  all.catch(() => {});
  for (let round = 0; !over.signal.aborted; round++) {
    await work(round);
    await pause(apartMs, undefined, { signal: over.signal }).catch(() => {});
  }
  await all;
}

/** A Deployment whose pods name a region; `status` and `message` of the response. */
export async function deploys(
  { api }: Pick<Stage, "api">,
  { namespace, name, region }: { namespace: string; name: string; region: string },
): Promise<{ status: number; message: string }> {
  const labels = { app: name };
  const spec = {
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        nodeSelector: { "topology.kubernetes.io/region": region },
        containers: [{ name: "main", image: "nginx:1.29" }],
      },
    },
  };
  const { status, body } = await api.request("POST", `/apis/apps/v1/namespaces/${namespace}/deployments`, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec,
  });
  return { status, message: String(body.message ?? "") };
}

/** Expects a response of the API server to be one of success. */
export function succeeded({ status, body }: { status: number; body: unknown }): void {
  if (status > 299) throw new Error(`the API server responded with ${status}: ${JSON.stringify(body)}`);
}

import type { Forward } from "@companyos/cluster";
import type { PodRunner } from "./pods.ts";

const everyMs = 500;
const probeTimeoutMs = 1_000;

/** Sends connections only to pods that say they are ready, as a Service does: to none when none is. */
export function keepEndpoints(
  balancer: Forward,
  pods: readonly PodRunner[],
): {
  /** Resolves once all of them have been ready at the same time. */
  readonly complete: Promise<void>;
  stop(): Promise<void>;
} {
  let stopped = false;
  const complete = Promise.withResolvers<void>();
  let wake: () => void = () => {};
  const running = (async () => {
    while (!stopped) {
      const ready = await Promise.all(pods.map(isReady));
      balancer.setTargets(pods.filter((_, i) => ready[i]).map(({ pod }) => ({ port: pod.listenPort })));
      if (ready.every(Boolean)) complete.resolve();
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, everyMs).unref();
      });
    }
  })();
  return {
    complete: complete.promise,
    stop() {
      stopped = true;
      wake();
      return running;
    },
  };
}

async function isReady({ pod }: PodRunner): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${pod.metricsPort}/readyz`, {
      signal: AbortSignal.timeout(probeTimeoutMs),
    });
    await answer.text();
    return answer.status === 200;
  } catch {
    return false;
  }
}

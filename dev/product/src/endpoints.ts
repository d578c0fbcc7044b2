import type { Forward } from "@companyos/cluster";
import type { PodRunner } from "./pods.ts";

const everyMs = 500;
const probeTimeoutMs = 1_000;
/** As a kubelet's failureThreshold: one response that comes late, as on a busy machine, takes nobody out. */
const lateInARow = 3;

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
  const known = pods.map(() => ({ ready: false, late: 0 }));

  /** Who says that it is not ready, or whose door is closed, is out at once. */
  async function isReady(runner: PodRunner, i: number): Promise<boolean> {
    const state = await probe(runner);
    const { ready, late } = known[i]!;
    known[i] =
      state === "late"
        ? { ready: ready && late + 1 < lateInARow, late: late + 1 }
        : { ready: state === "ready", late: 0 };
    return known[i].ready;
  }

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

async function probe({ pod }: PodRunner): Promise<"ready" | "not ready" | "late"> {
  try {
    const response = await fetch(`http://127.0.0.1:${pod.metricsPort}/readyz`, {
      signal: AbortSignal.timeout(probeTimeoutMs),
    });
    await response.text();
    return response.status === 200 ? "ready" : "not ready";
  } catch (error) {
    return (error as Error).name === "TimeoutError" ? "late" : "not ready";
  }
}

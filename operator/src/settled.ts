import type { ControllerSource } from "@companyos/kube";
import type { Clock } from "@companyos/service";

/** The same keys, each reported once nothing new was heard of it for `ms`, at most ten times that late. */
export function settled(source: ControllerSource, clock: Clock, ms = 200): ControllerSource {
  return {
    whenSynced: (signal) => source.whenSynced(signal),
    subscribe(enqueue) {
      const waiting = new Map<string, { since: number; cancel: () => void }>();
      const unsubscribe = source.subscribe((key) => {
        const known = waiting.get(key);
        const now = clock.elapsed();
        if (known && now - known.since >= 9 * ms) return;
        known?.cancel();
        const cancel = clock.after(ms, () => {
          waiting.delete(key);
          enqueue(key);
        });
        waiting.set(key, { since: known?.since ?? now, cancel });
      });
      return () => {
        unsubscribe();
        for (const { cancel } of waiting.values()) cancel();
        waiting.clear();
      };
    },
  };
}

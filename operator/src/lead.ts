import { join } from "node:path";
import type { Outbox } from "@companyos/outbox";
import type { ControllerContext, RunningController } from "./context.ts";
import { controllers } from "./controllers.ts";
import { Enforcement } from "./enforcement.ts";
import { NodeMap } from "./node-map.ts";
import type { OperatorOptions } from "./options.ts";
import { Ledgers } from "./owed/ledgers.ts";

/** What controllers of one lead after the other share. They reach the journal only through what they owe. */
export type SharedContext = Omit<ControllerContext, "enforcement" | "nodeMap" | "ledgers"> & {
  readonly outbox: Outbox;
};

/** Runs the controllers until `signal` aborts. `leads` is called once they have started. */
export async function lead(
  { outbox, ...context }: SharedContext,
  options: OperatorOptions,
  signal: AbortSignal,
  leads: () => void,
): Promise<void> {
  const { registry, log, clock, logs } = context;
  const metricNames = () => new Set(registry.getMetricsAsArray().map(({ name }) => name));
  const running: RunningController[] = [];
  const before = metricNames();
  const dir = join(options.journalDir, "state");
  const ledgers = new Ledgers({ dir, journal: outbox, logs, clock, log, registry });
  // What another leader did meanwhile is not known here.
  const led = { ...context, ledgers, enforcement: new Enforcement(), nodeMap: new NodeMap() };
  try {
    for (const start of controllers) {
      if (signal.aborted) return;
      running.push(await start(led, options));
    }
    await ledgers.opened();
    log.info("controllers started", { controllers: running.map(({ name }) => name) });
    leads();
    await aborted(signal);
  } finally {
    await Promise.all(running.map((controller) => controller.stop()));
    await ledgers.close();
    // The next lead's controllers bring their own.
    for (const name of metricNames()) if (!before.has(name)) registry.removeSingleMetric(name);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

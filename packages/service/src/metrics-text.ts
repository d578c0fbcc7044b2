import { setImmediate } from "node:timers/promises";
import type { Registry } from "prom-client";

/**
 * Renders a registry at most once at a time: whoever asks meanwhile gets the rendering that is under way. In pieces, one
 * for each metric, beside the heap: all of it in one text, and the parts of that, are several times as much at once.
 */
export function metricsText(registry: Registry): () => Promise<readonly Buffer[]> {
  let rendering: Promise<readonly Buffer[]> | undefined;
  return () => {
    rendering ??= render(registry).finally(() => {
      rendering = undefined;
    });
    return rendering;
  };
}

async function render(registry: Registry): Promise<readonly Buffer[]> {
  const pieces: Buffer[] = [];
  for (const { name } of registry.getMetricsAsArray()) {
    pieces.push(Buffer.from(`${await registry.getSingleMetricAsString(name)}\n\n`));
    // What waits to be decided comes between two metrics.
    await setImmediate();
  }
  return pieces;
}

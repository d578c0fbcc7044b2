import type { Registry } from "prom-client";

/** Renders a registry at most once at a time: whoever asks meanwhile gets the rendering that is under way. */
export function metricsText(registry: Registry): () => Promise<string> {
  let rendering: Promise<string> | undefined;
  return () => {
    rendering ??= registry.metrics().finally(() => {
      rendering = undefined;
    });
    return rendering;
  };
}

/** One line about a long step. `step` counts from 1; times are seconds; `remaining` is an estimate. */
export interface Progress {
  what: string;
  step: number;
  steps: number;
  phase: "downloading" | "compiling" | "done" | "waiting" | "starting";
  elapsed: number;
  remaining: number | undefined;
  detail?: string;
}

const span = (seconds: number): string =>
  seconds < 90 ? `${Math.max(0, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;

/** `[2/6] kube-apiserver: compiling, 45 s so far, about 5 min to go`. */
export function progressLine(p: Progress): string {
  const detail = p.detail ? ` (${p.detail})` : "";
  const left = p.remaining === undefined || p.phase === "done" ? "" : `, about ${span(p.remaining)} to go`;
  return `[${p.step}/${p.steps}] ${p.what}: ${p.phase}${detail}, ${span(p.elapsed)} so far${left}`;
}

/**
 * Seconds still to go: what the steps not yet finished are known to cost, scaled by how this machine did on
 * those it finished. A step that takes longer than expected is taken to need another fifth of its time.
 */
export function estimateRemaining(input: {
  finished: readonly { expected: number; took: number }[];
  running: { expected: number; elapsed: number };
  waiting: readonly number[];
}): number {
  const expected = input.finished.reduce((sum, f) => sum + f.expected, 0);
  const took = input.finished.reduce((sum, f) => sum + f.took, 0);
  const pace = expected > 0 ? Math.max(0.02, took / expected) : 1;
  const { elapsed } = input.running;
  const running = Math.max(input.running.expected * pace - elapsed, elapsed / 5);
  const rest = input.waiting.reduce((sum, seconds) => sum + seconds, 0) * pace;
  return running + rest;
}

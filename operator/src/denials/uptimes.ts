/** Responses are dated in whole seconds, and a busy API server takes a while for its page. */
const toleranceMs = 5_000;

/**
 * Recognizes a process of the API server by its uptime. When the machine's clock is set, the start that the process reports
 * changes; the uptime does not.
 */
export class Uptimes {
  readonly #seen = new Map<string, { readonly uptimeMs: number; readonly at: number }>();

  /** Whether that process, as it was read last, would be up for so long now. `at`: by a clock that is never set. */
  continues(process: string, uptimeMs: number, at: number): boolean {
    const last = this.#seen.get(process);
    if (last === undefined) return false;
    return Math.abs(uptimeMs - (last.uptimeMs + at - last.at)) <= toleranceMs;
  }

  /** `process` was read. */
  seen(process: string, uptimeMs: number, at: number): void {
    if (this.#seen.size >= 1_000) this.#seen.clear();
    this.#seen.set(process, { uptimeMs, at });
  }
}

/** How long the process has been up, ms, by its own clock: a response says when it was sent and the page when it began. */
export function uptimeOf(date: string | string[] | undefined, started: number): number {
  return Date.parse(String(date)) - started * 10;
}

import type { Logger } from "./logger.ts";

/** For a process of ours: Node's own warnings are lines of its log, too. Node would print them as text between those. */
export function logWarnings(log: Pick<Logger, "warn">): void {
  process.removeAllListeners("warning");
  process.on("warning", (error) => log.warn("a warning of Node's", { error }));
}

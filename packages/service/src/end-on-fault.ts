import type { Faults } from "./faults.ts";

/** For a process of ours: what nothing else caught, a detached promise's rejection too, is a line in its log before it ends. */
export function endOnFault(faults: Faults): void {
  process.on("uncaughtException", (error) => {
    faults("process", error);
    process.exit(1);
  });
}

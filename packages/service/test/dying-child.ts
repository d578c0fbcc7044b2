/** A process with a mistake in a promise that nobody waits for. */
import { Registry } from "prom-client";
import { createLogger, endOnFault, reportFaults } from "../src/index.ts";

endOnFault(reportFaults({ registry: new Registry(), log: createLogger({ role: "child" }) }));
setInterval(() => {}, 1_000);
void Promise.reject(new TypeError("nobody waits for this"));

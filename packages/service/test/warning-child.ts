/** A process that is warned of by Node. */
import { createLogger, logWarnings } from "../src/index.ts";

logWarnings(createLogger({ role: "child" }));
process.emitWarning("this is old", { type: "DeprecationWarning", code: "DEP0000" });

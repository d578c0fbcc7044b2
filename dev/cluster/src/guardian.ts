// Run by a shell that outlives the starter: `node guardian.ts <stateDir> <run>`. See process-group.ts.
import { endRecorded } from "./ledger.ts";

const [stateDir, run] = process.argv.slice(2);
if (stateDir && run) await endRecorded(stateDir, { run });

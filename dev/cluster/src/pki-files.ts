import { join } from "node:path";

/** A key or certificate of a cluster, in its state folder. */
export const pkiFile = (stateDir: string, name: string): string => join(stateDir, "pki", name);

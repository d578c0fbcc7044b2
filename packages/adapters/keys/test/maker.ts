/** A process of its own that makes a key and prints its kid: `node maker.ts <dir>`. */
import { openLocalKeys } from "../src/local/index.ts";

const keys = await openLocalKeys({ dir: process.argv[2] as string, create: true });
process.stdout.write((await keys.signer("root")).kid);

/** A process of its own that swaps the counter of a store: `node racer.ts <dir> <rounds>`. */
import { increment } from "../src/conformance/suite.ts";
import { openFilesystemStorage } from "../src/filesystem/index.ts";

const [dir, rounds] = process.argv.slice(2) as [string, string];
await increment(await openFilesystemStorage({ dir }), Number(rounds));

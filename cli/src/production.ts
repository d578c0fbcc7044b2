// The entry point of the production bundle (see dev/tools/src/bundle.ts): the same verbs, started by Node 24 itself.
import { main } from "./main.ts";

await main(process.argv.slice(2));

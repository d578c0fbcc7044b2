/** A load as a process of its own: what it measures is then not the work of who watches it. */

import { giveWay, instructions } from "./child.ts";
import type { LoadOrder, LoadTally } from "./flood.ts";
import { Load } from "./load.ts";

const { told, ended } = await instructions<LoadOrder>();
const { givesWay = false, warmUpMs = 0, ...options } = told;
if (givesWay) await giveWay();
const load = new Load(options);
load.start();
// What a program's first requests take says nothing of the server.
const warm = setTimeout(() => load.tally.lawfulLatencies.splice(0), warmUpMs);
await ended;
clearTimeout(warm);
const { shown, whyUnanswered, latencies: _, ...rest } = await load.stop();
const tally: LoadTally = { ...rest, shown: [...shown], whyUnanswered: [...whyUnanswered] };
console.log(JSON.stringify(tally));

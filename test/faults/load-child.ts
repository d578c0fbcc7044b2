/**
 * A tenant's user who asks for refusals of their own, as fast as told, as a process that gives way to everything else.
 * Told by JSON on its input; prints what was answered when told to end.
 */
import { setPriority } from "node:os";
import { json } from "node:stream/consumers";
import type { TenantFlood, TenantFloodTally } from "./flood.ts";
import { Load } from "./load.ts";

setPriority(19);
const stopped = new Promise((resolve) => process.once("SIGTERM", resolve));
const { cluster, namespace, rate, id } = (await json(process.stdin)) as TenantFlood;
const load = new Load({ cluster, namespace, rate, id, lawful: false });
load.start();
await stopped;
const { unlawful, skipped, shown } = await load.stop();
const tally: TenantFloodTally = { sent: unlawful.sent, skipped, shown: [...shown] };
console.log(JSON.stringify(tally));

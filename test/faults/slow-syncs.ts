/**
 * Loaded before a program (`node --import`): whatever it makes durable takes COMPANYOS_SYNC_MS milliseconds longer, as
 * on a network disk that has a bad day.
 */

import { type FileHandle, open } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

const ms = Number(process.env.COMPANYOS_SYNC_MS);
const some = await open(process.execPath);
const files = Object.getPrototypeOf(some) as Pick<FileHandle, "sync" | "datasync">;
await some.close();

for (const name of ["sync", "datasync"] as const) {
  const { [name]: sync } = files;
  files[name] = async function (this: FileHandle) {
    await pause(ms);
    await sync.call(this);
  };
}

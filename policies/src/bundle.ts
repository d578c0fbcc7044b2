/** Reads the committed compiled policy. The only file of this room that touches a disk at run time. */
// biome-ignore lint/correctness/noNodejsModules: the loader, kept apart so that everything else stays pure
import { readFile } from "node:fs/promises";

/** `policies/bundle/residency.wasm`, for `createDecider`. A production bundle passes the bytes it carries instead. */
export async function loadBundle(): Promise<Uint8Array> {
  return readFile(new URL("../bundle/residency.wasm", import.meta.url));
}

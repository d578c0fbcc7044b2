/** Listing keys: the files of the store, and swapped keys once. */

import { join } from "node:path";
import { isMissing } from "./errors.ts";
import type { Files, FolderEntry } from "./files.ts";
import { slotFolder, slotNumbers } from "./slots.ts";

/** Keys below `folder` in code-point order, each after `base`. `start`: how the first segment begins. */
export async function* walk(
  files: Files,
  folder: string,
  base: string,
  start: string,
): AsyncIterable<string> {
  const children = new Set<string>();
  for (const { name, folder: isFolder } of await entriesOf(files, folder)) {
    if (!isFolder) children.add(name);
    // A folder sorts as `name/`, which puts whole keys in code-point order.
    else if (!name.includes("@")) children.add(`${name}/`);
    // A deletion that was cut short leaves slots without a slot 0.
    else if (name.endsWith("@") && (await slotsOf(files, join(folder, name.slice(0, -1)))).length > 0) {
      children.add(name.slice(0, -1));
    }
  }
  for (const child of [...children].sort()) {
    if (!child.startsWith(start)) continue;
    if (child.endsWith("/")) yield* walk(files, join(folder, child.slice(0, -1)), base + child, "");
    else yield base + child;
  }
}

/** Slots above 0 of the key at `path`, ascending. */
export async function slotsOf(files: Files, path: string): Promise<number[]> {
  return slotNumbers((await entriesOf(files, slotFolder(path))).map((entry) => entry.name));
}

/** Empty when there is no such folder. */
async function entriesOf(files: Files, folder: string): Promise<FolderEntry[]> {
  try {
    return await files.entries(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

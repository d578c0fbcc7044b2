/** Which test files a run takes: all of them, or those of the rooms that `PART` names. */

/** A word of `PART` that names no room; the message lists the rooms there are. */
export class UnknownPart extends Error {
  override readonly name = "UnknownPart";
  readonly code = "UNKNOWN_PART";
}

/** The rooms that test files lie in: what is above their folder `test`; in the room `test` also its folders. */
export function roomsOf(files: readonly string[]): string[] {
  const rooms = files.flatMap((file) => {
    const [, folder] = /^(test\/[^/]+)\//.exec(file) ?? [];
    return folder ? ["test", folder] : (file.match(/^(.*?)\/test\//)?.slice(1, 2) ?? []);
  });
  return [...new Set(rooms)].toSorted();
}

/**
 * The files of the rooms that `part` names, separated by spaces; a room goes by its path or by the end of it
 * (`receipts` is `packages/receipts`). An empty `part` takes every file. Throws `UnknownPart`.
 */
export function filesOf(part: string, files: readonly string[]): string[] {
  const words = part.split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...files];
  const rooms = roomsOf(files);
  const chosen = words.flatMap((word) => {
    const found = rooms.filter((room) => room === word || room.endsWith(`/${word}`));
    if (found.length === 0)
      throw new UnknownPart(
        `PART: no room is called ${word}. The rooms with tests are:\n  ${rooms.join("\n  ")}`,
      );
    return found;
  });
  return files.filter((file) => chosen.some((room) => file.startsWith(`${room}/`)));
}

/** Opened at the door, never by whoever stores something. */
export type { FilesystemOptions } from "./driver.ts";
export { openFilesystemStorage } from "./driver.ts";
export type { Files, FolderEntry, OpenFile } from "./files.ts";

/** Opened by the CLI and handed in; code that stores something never opens it. */
export type { FilesystemOptions } from "./driver.ts";
export { openFilesystemStorage } from "./driver.ts";
export type { Files, FolderEntry, OpenFile } from "./files.ts";

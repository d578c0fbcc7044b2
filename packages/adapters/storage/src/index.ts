export type { FilesystemOptions } from "./filesystem/driver.ts";
export { openFilesystemStorage } from "./filesystem/driver.ts";
export type { Files, FolderEntry } from "./filesystem/files.ts";
export { parseKey, parsePrefix } from "./key.ts";
export * from "./port.ts";

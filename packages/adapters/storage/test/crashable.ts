/**
 * A file system in memory that knows what a power cut may undo: contents and names that were not synced.
 * `crashStates` gives file systems as they may look afterwards. Each unsynced change of a folder is kept or lost
 * on its own (all combinations when few, all prefixes and single losses when many).
 */

import { dirname } from "node:path";
import type { Files, FolderEntry, OpenFile } from "../src/filesystem/index.ts";

interface Node {
  bytes: Uint8Array;
  /** Whether the content would outlive a crash. */
  synced: boolean;
}
/** Name → file, or "folder". */
type Folder = Map<string, Node | "folder">;

interface Change {
  readonly folder: string;
  readonly name: string;
  readonly to: Node | "folder" | undefined;
}

export class CrashableFiles implements Files {
  readonly #folders = new Map<string, Folder>([["/", new Map()]]);
  readonly #durable: Map<string, Folder>;
  #pending: Change[] = [];
  /** Called after every operation that changes something: the points at which the power may go. */
  onChange: () => void = () => {};
  /** Codes to throw instead of the next operations of that name. */
  readonly faults = new Map<keyof Files, string>();

  constructor(durable: Map<string, Folder> = new Map([["/", new Map()]])) {
    this.#durable = durable;
    this.#folders = copy(durable);
  }

  async writeNew(path: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    this.#fault("writeNew");
    const folder = this.#folder(dirname(path));
    if (folder.has(name(path))) throw system("EEXIST");
    const node: Node = { bytes: new Uint8Array(0), synced: false };
    this.#change(dirname(path), name(path), node);
    if (bytes instanceof Uint8Array) node.bytes = bytes.slice();
    else {
      for await (const chunk of bytes) {
        node.bytes = new Uint8Array([...node.bytes, ...chunk]);
        this.onChange();
      }
    }
    node.synced = true;
    this.onChange();
  }

  async link(existing: string, path: string): Promise<void> {
    this.#fault("link");
    const node = this.#folder(dirname(existing)).get(name(existing));
    if (node === undefined || node === "folder") throw system("ENOENT");
    if (this.#folder(dirname(path)).has(name(path))) throw system("EEXIST");
    this.#change(dirname(path), name(path), node);
  }

  async unlink(path: string): Promise<void> {
    this.#fault("unlink");
    if (!this.#folder(dirname(path)).has(name(path))) throw system("ENOENT");
    this.#change(dirname(path), name(path), undefined);
  }

  async mkdir(path: string): Promise<void> {
    this.#fault("mkdir");
    if (path === "/" || this.#folder(dirname(path)).has(name(path))) throw system("EEXIST");
    this.#folders.set(path, new Map());
    this.#change(dirname(path), name(path), "folder");
  }

  async syncFolder(path: string): Promise<void> {
    this.#fault("syncFolder");
    this.#folder(path);
    for (const change of this.#pending) if (change.folder === path) apply(this.#durable, change);
    this.#pending = this.#pending.filter((change) => change.folder !== path);
    this.onChange();
  }

  async read(path: string): Promise<Uint8Array> {
    this.#fault("read");
    const node = this.#folder(dirname(path)).get(name(path));
    if (node === undefined) throw system("ENOENT");
    if (node === "folder") throw system("EISDIR");
    return node.bytes.slice();
  }

  async open(path: string): Promise<OpenFile> {
    const bytes = await this.read(path);
    return {
      size: bytes.length,
      read: async (from, length) => bytes.slice(from, from + length),
      close: async () => {},
    };
  }

  async entries(path: string): Promise<FolderEntry[]> {
    return [...this.#folder(path)].map(([entry, node]) => ({ name: entry, folder: node === "folder" }));
  }

  /** Everything is ancient here, so that collection is at work in every test. */
  async modified(path: string): Promise<number> {
    if (!this.#folder(dirname(path)).has(name(path))) throw system("ENOENT");
    return 0;
  }

  /** File systems as they may be found after a power cut now. */
  *crashStates(): Generator<CrashableFiles> {
    const count = this.#pending.length;
    const kept =
      count <= 6
        ? Array.from({ length: 2 ** count }, (_, bits) => (i: number) => ((bits >> i) & 1) === 1)
        : Array.from({ length: count + 1 }, (_, n) => [(i: number) => i < n, (i: number) => i !== n]).flat();
    for (const keep of kept) {
      const state = copy(this.#durable);
      for (const [i, change] of this.#pending.entries()) if (keep(i)) apply(state, change);
      yield new CrashableFiles(withoutUnsynced(state));
    }
  }

  #change(folder: string, entry: string, to: Node | "folder" | undefined): void {
    const change = { folder, name: entry, to };
    apply(this.#folders, change);
    this.#pending.push(change);
    this.onChange();
  }

  #folder(path: string): Folder {
    const folder = this.#folders.get(path);
    if (folder !== undefined) return folder;
    throw system(this.#folders.get(dirname(path))?.has(name(path)) ? "ENOTDIR" : "ENOENT");
  }

  #fault(operation: keyof Files): void {
    const code = this.faults.get(operation);
    if (code !== undefined) throw system(code);
  }
}

function apply(folders: Map<string, Folder>, { folder, name: entry, to }: Change): void {
  // A change in a folder whose own name was lost is lost with it.
  const target = folders.get(folder);
  if (target === undefined) return;
  if (to === undefined) target.delete(entry);
  else target.set(entry, to);
  const path = folder === "/" ? `/${entry}` : `${folder}/${entry}`;
  if (to === "folder" && !folders.has(path)) folders.set(path, new Map());
}

function copy(folders: Map<string, Folder>): Map<string, Folder> {
  return new Map([...folders].map(([path, folder]) => [path, new Map(folder)]));
}

/** Content that was not synced is lost: the file is there and empty. */
function withoutUnsynced(folders: Map<string, Folder>): Map<string, Folder> {
  for (const folder of folders.values()) {
    for (const [entry, node] of folder) {
      if (node !== "folder" && !node.synced) folder.set(entry, { bytes: new Uint8Array(0), synced: true });
    }
  }
  return folders;
}

function name(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function system(code: string): Error {
  return Object.assign(new Error(code), { code });
}

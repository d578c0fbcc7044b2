import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import type { DocumentFaultCode, KubeObject } from "./document.ts";
import { isKustomizationFile, noManifest } from "./no-manifest.ts";
import { createReader, type Reader } from "./reader.ts";

/** An object of a manifest file, with its place for messages. */
export interface Manifest {
  readonly file: string;
  /** Counted from 1, as people count. */
  readonly document: number;
  /** Where the document begins in the file, from 1. */
  readonly line: number;
  readonly object: KubeObject;
}

/** A file, or a document in it, that could not be read. */
export interface FileFault {
  readonly file: string;
  readonly document?: number;
  readonly line?: number;
  readonly code: DocumentFaultCode | "FILE_UNREADABLE" | "FILE_TOO_LARGE" | "NOTHING_READ";
  readonly message: string;
}

/** A file in a folder that is no manifest, as its name says too. */
export interface SkippedFile {
  readonly file: string;
  /** What it is instead: `Helm values`. */
  readonly what: string;
}

export interface ReadManifests {
  readonly manifests: readonly Manifest[];
  readonly faults: readonly FileFault[];
  readonly skipped: readonly SkippedFile[];
}

/** The path that stands for it. */
export const standardInput = "-";
export const maxFileBytes = 32 * 1024 * 1024;

class TooLarge extends Error {}

/** What a shell puts in place of `<(helm template .)`, and only where whoever calls has named it. */
const isHandedOver = (path: string): boolean => /^\/dev\/(stdin|fd\/\d+)$/.test(path);

/**
 * Every object in the files that `paths` name, as kubectl would send them: a file, standard input (`-`), or the `.yaml`,
 * `.yml` and `.json` files below a folder, those whose names begin with a dot too, in the order of their names; and files
 * called `Kustomization`, which kubectl does not send, for they say what becomes of the others. Lists are opened. One
 * document that cannot be read keeps no other from being read. That there is nothing to read is a fault: always of a folder
 * and of standard input, of files only where none of `paths` has an object. What lies in a folder, has no object, and is
 * called as what is no manifest, is skipped.
 */
export async function readManifests(paths: readonly string[]): Promise<ReadManifests> {
  const manifests: Manifest[] = [];
  const faults: FileFault[] = [];
  const skipped: SkippedFile[] = [];
  const reader = await createReader();
  const empty: string[] = [];
  const emptyFiles: string[] = [];
  for (const path of paths) {
    const before = manifests.length + faults.length;
    const files = await filesBelow(path, faults);
    for (const file of files) {
      const first = [manifests.length, faults.length] as const;
      await readFile(reader, file, manifests, faults);
      const what = file === path ? undefined : noManifest(relative(path, file));
      const isNone = manifests.length === first[0] && faults.slice(first[1]).every(isNoObject);
      if (what === undefined || !isNone || faults.length === first[1]) continue;
      faults.length = first[1];
      skipped.push({ file, what });
    }
    if (manifests.length + faults.length > before) continue;
    const isFile = files[0] === path && path !== standardInput;
    (isFile ? emptyFiles : empty).push(path);
  }
  if (manifests.length + faults.length === 0) empty.push(...emptyFiles);
  for (const file of empty) faults.push({ file, code: "NOTHING_READ", message: whyNothing(file) });
  return { manifests, faults, skipped };
}

const isNoObject = ({ code }: FileFault): boolean => code === "DOCUMENT_NO_OBJECT";

function whyNothing(path: string): string {
  return path === standardInput
    ? "standard input has no object: did the command before it fail?"
    : "there is no object in it, in a folder only .yaml, .yml and .json files are read: is the path right?";
}

async function readFile(reader: Reader, file: string, manifests: Manifest[], faults: FileFault[]) {
  try {
    for (const read of reader.read(await contentOf(file))) {
      const { document, line } = read;
      for (const object of read.objects) manifests.push({ file, document, line, object });
      for (const fault of read.faults) faults.push({ file, document, ...fault });
    }
  } catch (error) {
    faults.push(
      error instanceof TooLarge
        ? { file, code: "FILE_TOO_LARGE", message: error.message }
        : unreadable(file, error),
    );
  }
}

async function contentOf(file: string): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of file === standardInput ? process.stdin : createReadStream(file)) {
    size += part.length;
    if (size > maxFileBytes) throw new TooLarge(`is larger than ${maxFileBytes / 1024 / 1024} MiB`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

async function filesBelow(path: string, faults: FileFault[]): Promise<string[]> {
  if (path === standardInput) return [path];
  try {
    const found = await stat(path);
    // A pipe that nobody writes to would be waited for without end.
    if (!found.isDirectory()) {
      if (found.isFile() || isHandedOver(path)) return [path];
      throw new Error("it is no regular file");
    }
    const entries = await readdir(path, { withFileTypes: true });
    const files: string[] = [];
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const child = join(path, entry.name);
      if (entry.isDirectory()) files.push(...(await filesBelow(child, faults)));
      else if (/\.(ya?ml|json)$/.test(entry.name) || isKustomizationFile(entry.name))
        files.push(...(await regular(child, faults)));
    }
    return files;
  } catch (error) {
    faults.push(unreadable(path, error));
    return [];
  }
}

/** A link may lead to anything. */
async function regular(file: string, faults: FileFault[]): Promise<string[]> {
  try {
    if ((await stat(file)).isFile()) return [file];
    throw new Error("it is no regular file");
  } catch (error) {
    faults.push(unreadable(file, error));
    return [];
  }
}

function unreadable(file: string, error: unknown): FileFault {
  const { message } = error as Error;
  return { file, code: "FILE_UNREADABLE", message: `cannot be read (${message})` };
}

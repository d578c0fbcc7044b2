import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { KubeObject } from "@companyos/policies";
import { loadAll } from "js-yaml";

/** A document of a manifest file, with its place for messages. */
export interface Manifest {
  readonly file: string;
  /** Counted from 1, as people count. */
  readonly document: number;
  readonly object: KubeObject;
}

export interface FileFault {
  readonly file: string;
  readonly message: string;
}

/** The path that stands for it. */
export const standardInput = "-";
const maxFileBytes = 32 * 1024 * 1024;

/**
 * Every object in a file, in standard input (`-`), or in the `.yaml`, `.yml` and `.json` files below a folder, in the
 * order of their names. Lists are opened. Rejects naming a path that cannot be read.
 */
export async function readManifests(path: string): Promise<{ manifests: Manifest[]; faults: FileFault[] }> {
  const manifests: Manifest[] = [];
  const faults: FileFault[] = [];
  for (const file of await filesBelow(path)) {
    try {
      const documents = loadAll(await textOf(file), null, { filename: file }) as unknown[];
      for (const [index, document] of documents.entries()) {
        const number = index + 1;
        for (const object of opened(document, number)) manifests.push({ file, document: number, object });
      }
    } catch (error) {
      faults.push({ file, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { manifests, faults };
}

async function textOf(file: string): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of file === standardInput ? process.stdin : createReadStream(file)) {
    size += part.length;
    if (size > maxFileBytes) throw new Error(`larger than ${maxFileBytes / 1024 / 1024} MiB`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function opened(document: unknown, number: number): KubeObject[] {
  if (document === null || document === undefined) return [];
  if (typeof document !== "object" || Array.isArray(document))
    throw new Error(`document ${number} is no object`);
  const object = document as KubeObject;
  if (typeof object.kind !== "string" || typeof object.apiVersion !== "string")
    throw new Error(`document ${number} has no apiVersion and kind`);
  if (object.kind.endsWith("List") && Array.isArray(object.items))
    return object.items.flatMap((item) => opened(item, number));
  return [object];
}

async function filesBelow(path: string): Promise<string[]> {
  if (path === standardInput) return [path];
  const unreadable = (error: Error) => {
    throw new Error(`${path} cannot be read (${error.message})`);
  };
  if (!(await stat(path).catch(unreadable)).isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true }).catch(unreadable);
  const files: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith(".")) continue;
    const child = join(path, entry.name);
    if (entry.isDirectory()) files.push(...(await filesBelow(child)));
    else if (/\.(ya?ml|json)$/.test(entry.name)) files.push(child);
  }
  return files;
}

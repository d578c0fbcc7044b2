/** Documents of a file, by kubectl's own code compiled to WebAssembly (../go). */
import { readFile } from "node:fs/promises";
import { brotliDecompressSync } from "node:zlib";
import { type DocumentFault, maxDepth, maxFileJsonBytes, mostCostly, type ReadDocument } from "./document.ts";
import { createHost } from "./host.ts";
import { type Memory, type Module, WebAssembly } from "./web-assembly.ts";

export interface Reader {
  /**
   * Every document of a file, in order. What one of them does to the reader is that document's fault; the last is
   * FILE_GIVEN_UP where the file as a whole costs too much.
   */
  read(file: Uint8Array): Generator<ReadDocument>;
}

const muchMemory = 256 * 1024 * 1024;

interface Exports {
  readonly memory: Memory;
  _initialize(): void;
  alloc(size: number): number;
  open(skip: number): void;
  advance(): number;
  read(): number;
  output(): number;
}

/** Resolves to a reader; compiling it takes a few dozen milliseconds. `mostJson`: bytes, of all documents of a file. */
export async function createReader(mostJson = maxFileJsonBytes): Promise<Reader> {
  // One folder up from here, and from the program in one file too.
  const packed = await readFile(new URL("../bundle/manifests.wasm.br", import.meta.url));
  const module = await WebAssembly.compile(brotliDecompressSync(packed));
  let instance: ReturnType<typeof start> | undefined;

  function begin(file: Uint8Array, skip: number) {
    // Memory never shrinks: one that has grown is left to the collector of garbage.
    if (instance && instance.exports.memory.buffer.byteLength > muchMemory) instance = undefined;
    instance ??= start(module);
    const { exports } = instance;
    const at = exports.alloc(file.length);
    new Uint8Array(exports.memory.buffer, at, file.length).set(file);
    exports.open(skip);
    return instance;
  }

  return {
    *read(file) {
      let running = begin(file, 0);
      const spent = { costly: 0, bytes: 0 };
      for (let document = 1; ; document++) {
        const line = running.exports.advance();
        if (line === 0) return;
        const givenUp = whyGivenUp(spent, mostJson);
        if (givenUp !== undefined) {
          const fault = { code: "FILE_GIVEN_UP", message: givenUp, line } as const;
          yield { document, line, objects: [], faults: [fault] };
          return;
        }
        try {
          const length = running.exports.read();
          const read = documentOf(running.exports, length);
          spent.bytes += length;
          if (read.faults.some(({ code }) => code === "DOCUMENT_TOO_LARGE")) spent.costly++;
          yield read;
        } catch (error) {
          // What ran out of something is in no state to go on.
          instance = undefined;
          spent.costly++;
          yield { document, line, objects: [], faults: [faultOf(error, running.said(), line)] };
          running = begin(file, document);
        }
      }
    },
  };
}

function start(module: Module) {
  const host = createHost();
  const exports = new WebAssembly.Instance(module, host.imports).exports as unknown as Exports;
  host.attach(exports.memory);
  exports._initialize();
  return { exports, said: host.said };
}

function whyGivenUp(
  { costly, bytes }: { readonly costly: number; readonly bytes: number },
  mostJson: number,
): string | undefined {
  const stays = "neither it nor what follows is read";
  if (costly >= mostCostly) return `${costly} documents before this one are too large or too deep: ${stays}`;
  if (bytes > mostJson)
    return `the documents before this one are more than ${mostJson / 1024 / 1024} MiB of JSON, their aliases followed: ${stays}`;
  return undefined;
}

function documentOf(exports: Exports, length: number): ReadDocument {
  const text = new Uint8Array(exports.memory.buffer, exports.output(), length);
  return JSON.parse(new TextDecoder().decode(text));
}

function faultOf(error: unknown, said: string, line: number): DocumentFault {
  if (said.includes("out of memory"))
    return { code: "DOCUMENT_TOO_LARGE", message: "more than can be held, its aliases followed", line };
  const { name, message } = error as Error;
  if (name === "RangeError" || said.includes("stack overflow"))
    return { code: "DOCUMENT_TOO_DEEP", message: `nested more than ${maxDepth} deep`, line };
  return { code: "DOCUMENT_MALFORMED", message: `it ended its reader (${message})`, line };
}

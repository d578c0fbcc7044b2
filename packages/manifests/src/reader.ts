/** Documents of a file, by kubectl's own code compiled to WebAssembly (../go). */
import { readFile } from "node:fs/promises";
import { brotliDecompressSync } from "node:zlib";
import {
  type DocumentFault,
  maxDepth,
  maxFileJsonBytes,
  maxTotalJsonBytes,
  mostCostly,
  mostDocuments,
  mostTime,
  mostTotalTime,
  mostUnreadable,
  type ReadDocument,
} from "./document.ts";
import { createHost } from "./host.ts";
import { type Memory, type Module, WebAssembly } from "./web-assembly.ts";
import { isTimeout, within } from "./within.ts";

export interface Reader {
  /**
   * Every document of a file, in order. What one of them does to the reader is that document's fault; the last is
   * FILE_GIVEN_UP where the file as a whole costs too much, or all that this reader has read together.
   */
  read(file: Uint8Array): Generator<ReadDocument>;
}

const muchMemory = 256 * 1024 * 1024;

/** Bytes. What is smaller takes little over a second, and a watch over it more than the reading. */
const mayTakeLong = 64 * 1024;

interface Exports {
  readonly memory: Memory;
  _initialize(): void;
  alloc(size: number): number;
  open(skip: number): void;
  advance(): number;
  size(): number;
  read(): number;
  output(): number;
}

class OutOfTime extends Error {}

/** Code alone: what a document does to a reader stays in that one's instance. */
let compiled: Promise<Module> | undefined;

async function compile(): Promise<Module> {
  // One folder up from here, and from the program in one file too.
  const packed = await readFile(new URL("../bundle/manifests.wasm.br", import.meta.url));
  return WebAssembly.compile(brotliDecompressSync(packed));
}

export interface ReaderOptions {
  /** Bytes, of all documents of a file. */
  readonly mostJson?: number;
  /** Bytes, of all files. */
  readonly mostTotalJson?: number;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** Resolves to a reader; compiling its code takes a few dozen milliseconds, once in a process. */
export async function createReader({
  mostJson = maxFileJsonBytes,
  mostTotalJson = maxTotalJsonBytes,
  now = () => performance.now(),
}: ReaderOptions = {}): Promise<Reader> {
  const total = { bytes: 0, ms: 0 };
  const whyNoMore = (): string | undefined => {
    if (total.bytes > mostTotalJson)
      return `all files up to here are more than ${mostTotalJson / 1024 / 1024} MiB of JSON: ${stays}`;
    return total.ms > mostTotalTime
      ? `all files up to here took more than ${mostTotalTime / 60_000} minutes: ${stays}`
      : undefined;
  };
  compiled ??= compile();
  const module = await compiled;
  let instance: ReturnType<typeof start> | undefined;
  let deadline = Number.POSITIVE_INFINITY;
  const clock = () => {
    const time = now();
    if (time > deadline) throw new OutOfTime();
    return time;
  };

  function begin(file: Uint8Array, skip: number) {
    // Memory never shrinks: one that has grown is left to the collector of garbage.
    if (instance && instance.exports.memory.buffer.byteLength > muchMemory) instance = undefined;
    instance ??= start(module, clock);
    const { exports } = instance;
    const at = exports.alloc(file.length);
    new Uint8Array(exports.memory.buffer, at, file.length).set(file);
    exports.open(skip);
    return instance;
  }

  function* documents(file: Uint8Array): Generator<ReadDocument> {
    deadline = Number.POSITIVE_INFINITY;
    let running = begin(file, 0);
    const spent = { costly: 0, bytes: 0, unreadable: 0, documents: 0, late: false };
    deadline = now() + mostTime;
    for (let document = 1, line = 1; ; document++) {
      try {
        line = running.exports.advance();
      } catch (error) {
        instance = undefined;
        if (!(error instanceof OutOfTime)) throw error;
        spent.late = true;
      }
      if (line === 0) return;
      spent.late ||= now() > deadline;
      const givenUp = whyGivenUp(spent, mostJson) ?? whyNoMore();
      if (givenUp !== undefined) {
        const fault = { code: "FILE_GIVEN_UP", message: givenUp, line } as const;
        yield { document, line, objects: [], faults: [fault] };
        return;
      }
      spent.documents++;
      try {
        const { size, read: readOne } = running.exports;
        // Ends what is under way, too, which the clock alone does only while Go collects garbage.
        const length = size() > mayTakeLong ? within(Math.max(1, deadline - now()), readOne) : readOne();
        const read = documentOf(running.exports, length);
        spent.bytes += length;
        total.bytes += length;
        if (read.faults.some(({ code }) => code === "DOCUMENT_TOO_LARGE")) spent.costly++;
        if (read.faults.length > 0) spent.unreadable++;
        yield read;
      } catch (error) {
        // What ran out of something is in no state to go on.
        instance = undefined;
        if (error instanceof OutOfTime || isTimeout(error)) {
          const fault = { code: "FILE_GIVEN_UP", message: outOfTime, line } as const;
          yield { document, line, objects: [], faults: [fault] };
          return;
        }
        spent.costly++;
        yield { document, line, objects: [], faults: [faultOf(error, running.said(), line)] };
        const until = deadline;
        deadline = Number.POSITIVE_INFINITY;
        running = begin(file, document);
        deadline = until;
      }
    }
  }

  return {
    *read(file) {
      const began = now();
      try {
        yield* documents(file);
      } finally {
        // Longer no file is read, whatever its reader does meanwhile.
        total.ms += Math.min(now() - began, mostTime);
      }
    },
  };
}

function start(module: Module, clock: () => number) {
  const host = createHost(clock);
  const exports = new WebAssembly.Instance(module, host.imports).exports as unknown as Exports;
  host.attach(exports.memory);
  exports._initialize();
  return { exports, said: host.said };
}

interface Spent {
  readonly costly: number;
  readonly bytes: number;
  readonly unreadable: number;
  readonly documents: number;
  readonly late: boolean;
}

const stays = "neither it nor what follows is read";
const outOfTime = `up to this document it took more than ${mostTime / 1000} seconds: ${stays}`;

function whyGivenUp(spent: Spent, mostJson: number): string | undefined {
  if (spent.late) return outOfTime;
  if (spent.costly >= mostCostly)
    return `${spent.costly} documents before this one are too large or too deep: ${stays}`;
  if (spent.unreadable >= mostUnreadable)
    return `${spent.unreadable} documents before this one cannot be read: ${stays}`;
  if (spent.documents >= mostDocuments) return `${spent.documents} documents stand before this one: ${stays}`;
  if (spent.bytes > mostJson)
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

/** What the compiled Go asks of its host: WASI preview 1, as much as a program needs that opens no file. */
import type { Memory } from "./web-assembly.ts";

interface Host {
  readonly imports: object;
  /** To be called before any export is. */
  attach(memory: Memory): void;
  /** What it wrote to standard error, which Go does before it gives up. */
  said(): string;
}

const success = 0;
const badDescriptor = 8;
const noSystemCall = 52;
const longestSaid = 4096;

/** @param now milliseconds. What it throws ends the program: Go looks at the clock while it collects garbage. */
export function createHost(now: () => number): Host {
  let memory: Memory | undefined;
  let said = "";
  // Memory that has grown has another buffer.
  const view = () => new DataView(memory!.buffer);
  const nothingAt = (count: number, size: number) => {
    view().setUint32(count, 0, true);
    view().setUint32(size, 0, true);
    return success;
  };
  const calls: Record<string, (...args: never[]) => number> = {
    args_sizes_get: nothingAt,
    args_get: () => success,
    environ_sizes_get: nothingAt,
    environ_get: () => success,
    sched_yield: () => success,
    // No timer is ever set: what is read depends on nothing but the text, as long as there is time for it.
    clock_time_get(_clock: number, _precision: bigint, at: number) {
      view().setBigUint64(at, BigInt(Math.round(now() * 1e6)), true);
      return success;
    },
    random_get(at: number, length: number) {
      crypto.getRandomValues(new Uint8Array(memory!.buffer, at, length));
      return success;
    },
    fd_write(_file: number, vectors: number, count: number, written: number) {
      let length = 0;
      for (let i = 0; i < count; i++) {
        const at = view().getUint32(vectors + 8 * i, true);
        const size = view().getUint32(vectors + 8 * i + 4, true);
        if (said.length < longestSaid)
          said += new TextDecoder().decode(new Uint8Array(memory!.buffer, at, size));
        length += size;
      }
      view().setUint32(written, length, true);
      return success;
    },
    // Sleeping is for those who wait for others.
    poll_oneoff(_wanted: number, _happened: number, count: number, happened: number) {
      view().setUint32(happened, count, true);
      return success;
    },
    fd_prestat_get: () => badDescriptor,
    proc_exit(code: number) {
      throw new Error(`exit code ${code}`);
    },
  };
  const lacking = new Proxy(calls, {
    get: (known, name: string) => known[name] ?? (() => noSystemCall),
  });
  return {
    imports: { wasi_snapshot_preview1: lacking },
    attach(given) {
      memory = given;
    },
    said: () => said,
  };
}

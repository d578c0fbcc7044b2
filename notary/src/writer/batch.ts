/**
 * Batches and snapshots as bytes: a JSON header, its length in front (uint32, big-endian), then the raw parts
 * that the header counts. A batch holds everything its commit adds, so that any writer can apply it.
 */

import { NotaryError } from "./errors.ts";
import type { JournalMark } from "./head.ts";
import { type Chain, type Changes, type EndorsedKey, LogState, type TenantChain } from "./state.ts";
import { Tail } from "./tail.ts";

export interface Batch {
  readonly g: number;
  /** The batch of generation g−1, so that a chain of batches can be walked; null for the first. */
  readonly previous: string | null;
  /** SHA-256 of that batch, base64url. */
  readonly previousDigest: string | null;
  /** Index of the first entry. */
  readonly start: number;
  readonly entries: readonly Uint8Array[];
  readonly changes: Changes;
  /** Sealed disclosures, by store key. */
  readonly sealed: readonly { readonly key: string; readonly bytes: Uint8Array }[];
}

export function encodeBatch(batch: Batch): Uint8Array {
  const { entries, sealed, ...rest } = batch;
  const header = {
    v: 1,
    ...rest,
    entries: entries.map((entry) => entry.length),
    sealed: sealed.map(({ key, bytes }) => [key, bytes.length]),
  };
  return frame(header, [...entries, ...sealed.map(({ bytes }) => bytes)]);
}

export function decodeBatch(bytes: Uint8Array): Batch {
  const { header, take, end } = unframe<BatchHeader>(bytes, "batch");
  const { v: _, entries, sealed, ...rest } = header;
  const batch = {
    ...rest,
    entries: entries.map(take),
    sealed: sealed.map(([key, length]) => ({ key, bytes: take(length) })),
  };
  end();
  return batch;
}

type BatchHeader = Omit<Batch, "entries" | "sealed"> & {
  v: 1;
  entries: number[];
  sealed: [string, number][];
};

interface SnapshotHeader {
  v: 1;
  g: number;
  own: string;
  iat: number;
  size: number;
  log: Chain;
  journals: [string, JournalMark][];
  tenants: TenantChain[];
  endorsed: EndorsedKey[];
  recent: string[];
  /** Length of each entry of the unfinished bundle. */
  entries: number[];
  /** Number of hashes of each unfinished tile from level 1 up. */
  upper: number[];
}

export function encodeSnapshot(state: LogState): Uint8Array {
  const tail = state.tail.parts();
  const header: SnapshotHeader = {
    v: 1,
    g: state.g,
    own: state.own,
    iat: state.iat,
    size: tail.size,
    log: state.log,
    journals: [...state.journals],
    tenants: [...state.tenants()],
    endorsed: state.endorsed,
    recent: state.recent,
    entries: tail.entries.map((entry) => entry.length),
    upper: tail.upper.map((hashes) => hashes.length),
  };
  return frame(header, [...tail.entries, ...tail.upper.flat()]);
}

/** Throws `halted` when the bytes are damaged. */
export function decodeSnapshot(bytes: Uint8Array): LogState {
  const { header: h, take, end } = unframe<SnapshotHeader>(bytes, "snapshot");
  const state = new LogState();
  state.g = h.g;
  state.own = h.own;
  state.iat = h.iat;
  state.log = h.log;
  for (const [id, mark] of h.journals) state.journals.set(id, mark);
  for (const chain of h.tenants) state.put(chain);
  state.endorsed = h.endorsed;
  state.recent = h.recent;
  const entries = h.entries.map(take);
  const upper = h.upper.map((count) => Array.from({ length: count }, () => take(32)));
  end();
  state.tail = Tail.from({ size: h.size, entries, upper });
  return state;
}

function frame(header: object, parts: readonly Uint8Array[]): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return new Uint8Array(Buffer.concat([length, json, ...parts]));
}

/** `Header` is what this version's writer wrote: a frame has passed the checks of the store that keeps it. */
function unframe<Header extends { v: 1 }>(bytes: Uint8Array, what: string) {
  const damaged = (why: string, cause?: unknown) =>
    new NotaryError("halted", `${what} is damaged (${why}): restore the store from a good copy`, { cause });
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < 4) throw damaged("too short");
  let at = 4 + view.readUInt32BE(0);
  if (at > view.length) throw damaged("header cut");
  let header: Header;
  try {
    header = JSON.parse(view.toString("utf8", 4, at)) as Header;
  } catch (cause) {
    throw damaged("header is not JSON", cause);
  }
  if (header.v !== 1) throw damaged("unknown version");
  return {
    header,
    take(length: number): Uint8Array {
      if (!(length >= 0 && at + length <= view.length)) throw damaged("cut");
      at += length;
      return bytes.slice(at - length, at);
    },
    end(): void {
      if (at !== view.length) throw damaged("trailing bytes");
    },
  };
}

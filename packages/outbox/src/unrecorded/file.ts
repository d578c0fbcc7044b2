/**
 * The account of responses that could not be recorded, on disk: a file of fixed size whose room is taken beforehand and
 * which is overwritten in place, so that a count is durable also when the disk is full. Each slot lies there twice
 * and is written in turn, so that a write torn by a crash leaves the one before.
 *
 *     copy (128 bytes): "CJU1", CRC-32 of what follows (4), writes so far (6), code (1), 1 for a tenant that never had a
 *                       home (1), rid (16), owner (8), responses blocked, warned, audited (6 each), first and last (6 each,
 *                       ms); zeros
 */

import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { uuidText } from "@companyos/service/uuidv7";
import type { Disk, FixedFile } from "../disk/disk.ts";
import { systemCode } from "../disk/disk.ts";
import type { OutboxErrorCode } from "../outbox-error.ts";
import type { Owner } from "../shares/owner.ts";

export const verdicts = ["block", "warn", "audit"] as const;
export type UnrecordedVerdict = (typeof verdicts)[number];

/** Why they could not be recorded, by number. Only ever added to. */
const codes = [
  "other",
  "full",
  "tenant_full",
  "no_region_key",
  "unavailable",
  "stopped",
  "bad_event",
  "unknown_region",
] as const satisfies readonly (OutboxErrorCode | "other")[];
export type UnrecordedCode = (typeof codes)[number];

export interface Account {
  /** Of the receipt that will settle it. */
  readonly rid: string;
  readonly owner: Owner;
  /** Of a tenant that never had a home. */
  readonly homeless: boolean;
  /** Why the last of them was not recorded. */
  readonly code: UnrecordedCode;
  readonly responses: Readonly<Record<UnrecordedVerdict, number>>;
  /** Milliseconds since the epoch, of the first and the last response. */
  readonly first: number;
  readonly last: number;
}

const copyLength = 128;
const magic = Buffer.from("CJU1", "latin1");
const magicNumber = magic.readUInt32BE();
const head = magic.length + 4;

export function unrecordedCode(code: unknown): UnrecordedCode {
  return codes.find((known) => known === code) ?? "other";
}

export class UnrecordedFile {
  readonly #file: FixedFile;
  readonly #slots: number;
  /** How often each slot was written: tells which copy is next. */
  readonly #writes: number[];
  readonly accounts: ReadonlyMap<number, Account>;
  #dirty = new Map<number, Account | undefined>();
  #next: Promise<void> | undefined;
  #running: Promise<void> = Promise.resolve();

  /** `slots`: accounts there is room for, always the same for one file. Rejects with the disk's error, a lack of room included. */
  static async open(disk: Disk, path: string, slots: number): Promise<UnrecordedFile> {
    const size = 2 * slots * copyLength;
    const bytes = await disk.readAll(path).catch((error: unknown) => {
      if (systemCode(error) !== "ENOENT") throw error;
      return Buffer.alloc(0);
    });
    // A shorter one was being made when the process died: nothing was ever written to it.
    if (bytes.length >= size) return new UnrecordedFile(await disk.edit(path), slots, bytes);
    if (bytes.length > 0) await disk.unlink(path);
    const file = await disk.create(path);
    try {
      // Random, because some file systems give no room for zeros.
      await file.append(randomBytes(size));
      await file.sync();
      await disk.syncFolder(dirname(path));
    } catch (error) {
      await disk.unlink(path).catch(() => {});
      throw error;
    } finally {
      await file.close().catch(() => {});
    }
    return new UnrecordedFile(await disk.edit(path), slots, Buffer.alloc(0));
  }

  private constructor(file: FixedFile, slots: number, bytes: Buffer) {
    this.#file = file;
    this.#slots = slots;
    this.#writes = [];
    const accounts = new Map<number, Account>();
    for (let slot = 0; slot < slots; slot++) {
      const copies = [0, 1].map((copy) => decode(bytes, this.#place(slot, copy)));
      const newest = copies.reduce((a, b) => (b !== undefined && b.writes > (a?.writes ?? -1) ? b : a));
      this.#writes.push(newest?.writes ?? 0);
      if (newest?.account !== undefined) accounts.set(slot, newest.account);
    }
    this.accounts = accounts;
  }

  /** Durable when resolved; undefined: the slot is empty. What is asked for meanwhile shares the next sync. */
  save(slot: number, account: Account | undefined): Promise<void> {
    this.#dirty.set(slot, account);
    if (this.#next === undefined) {
      this.#next = this.#running.then(() => this.#write());
      this.#running = this.#next.catch(() => {});
    }
    return this.#next;
  }

  async close(): Promise<void> {
    await this.#running;
    await this.#file.close();
  }

  async #write(): Promise<void> {
    const dirty = this.#dirty;
    this.#dirty = new Map();
    this.#next = undefined;
    for (const [slot, account] of dirty) {
      // One that fails is written again to the same copy: the other is the last that is known to be whole.
      const writes = (this.#writes[slot] as number) + 1;
      await this.#file.write(this.#place(slot, writes % 2), encode(writes, account));
    }
    await this.#file.sync();
    for (const slot of dirty.keys()) this.#writes[slot]!++;
  }

  #place(slot: number, copy: number): number {
    return (copy * this.#slots + slot) * copyLength;
  }
}

function encode(writes: number, account: Account | undefined): Buffer {
  const copy = Buffer.alloc(copyLength);
  magic.copy(copy);
  copy.writeUIntBE(writes, 8, 6);
  if (account !== undefined) {
    copy[14] = codes.indexOf(account.code);
    copy[15] = account.homeless ? 1 : 0;
    copy.write(account.rid.replaceAll("-", ""), 16, "hex");
    copy.write(account.owner, 32, "hex");
    const { responses, first, last } = account;
    for (const [i, number] of [...verdicts.map((verdict) => responses[verdict]), first, last].entries())
      copy.writeUIntBE(number, 40 + 6 * i, 6);
  }
  copy.writeUInt32BE(crc32(copy.subarray(head)), magic.length);
  return copy;
}

function decode(bytes: Buffer, at: number): { writes: number; account: Account | undefined } | undefined {
  // Nearly all of them were never written: a view of each would cost more than all else at a start.
  if (at + copyLength > bytes.length || bytes.readUInt32BE(at) !== magicNumber) return undefined;
  const copy = bytes.subarray(at, at + copyLength);
  if (copy.readUInt32BE(magic.length) !== crc32(copy.subarray(head))) return undefined;
  const writes = copy.readUIntBE(8, 6);
  const number = (i: number) => copy.readUIntBE(40 + 6 * i, 6);
  const responses = { block: number(0), warn: number(1), audit: number(2) };
  if (responses.block + responses.warn + responses.audit === 0) return { writes, account: undefined };
  const code = codes[copy[14] as number] ?? "other";
  const owner = copy.toString("hex", 32, 40);
  return {
    writes,
    account: {
      rid: uuidText(copy, 16),
      owner,
      homeless: copy[15] === 1,
      code,
      responses,
      first: number(3),
      last: number(4),
    },
  };
}

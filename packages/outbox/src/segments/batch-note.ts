/**
 * What a batch frame tells of the records behind it, after its two numbers. Readers of before take no notice of bytes
 * there, so a journal can be read by the release before and the one after. Items: kind (1 byte), then
 * - 1: that many (uint32) records of this owner (8 bytes), in the order of the batch;
 * - 2: the record with this offset (uint64) is the receipt `rid` (16 bytes) for responses that could not be recorded:
 *   whoever finds the record knows that this account is settled (unrecorded.ts);
 * - 3: the record with this offset is the receipt `rid`, which its sender owes and has not crossed off yet: it is not
 *   appended a second time (held.ts).
 * An unknown kind ends it: a later release may say more.
 */

import { uuidText } from "@companyos/service/uuidv7";
import type { Owner } from "../shares/owner.ts";
import { ownerLength } from "../shares/owner.ts";

export interface BatchNote {
  /** Of each record of the batch, in order. */
  readonly owners: readonly Owner[];
  readonly settles: readonly NotedReceipt[];
  readonly owed: readonly NotedReceipt[];
}

/** The record with this offset is this receipt. */
export interface NotedReceipt {
  readonly offset: number;
  readonly rid: string;
}

const kind = { owners: 1, settles: 2, owed: 3 } as const;
const runLength = 1 + 4 + ownerLength;
const receiptLength = 1 + 8 + 16;

export function encodeBatchNote({ owners, settles, owed }: BatchNote): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < owners.length; ) {
    const owner = owners[at] as Owner;
    let end = at + 1;
    while (owners[end] === owner) end++;
    const run = Buffer.alloc(runLength);
    run[0] = kind.owners;
    run.writeUInt32BE(end - at, 1);
    run.write(owner, 5, "hex");
    parts.push(run);
    at = end;
  }
  for (const receipt of settles) parts.push(encodeReceipt(kind.settles, receipt));
  // Last: the release before does not read on behind what it does not know.
  for (const receipt of owed) parts.push(encodeReceipt(kind.owed, receipt));
  return Buffer.concat(parts);
}

function encodeReceipt(kind: number, { offset, rid }: NotedReceipt): Buffer {
  const item = Buffer.alloc(receiptLength);
  item[0] = kind;
  item.writeBigUInt64BE(BigInt(offset), 1);
  item.write(rid.replaceAll("-", ""), 9, "hex");
  return item;
}

/** `maxRecords`: of one batch. */
export function decodeBatchNote(bytes: Uint8Array, maxRecords: number): BatchNote {
  const note = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const owners: Owner[] = [];
  const settles: NotedReceipt[] = [];
  const owed: NotedReceipt[] = [];
  for (let at = 0; at < note.length; ) {
    const left = note.length - at;
    if (note[at] === kind.owners && left >= runLength) {
      const count = note.readUInt32BE(at + 1);
      const owner = note.toString("hex", at + 5, at + runLength);
      if (owners.length + count > maxRecords) break;
      for (let i = 0; i < count; i++) owners.push(owner);
      at += runLength;
    } else if ((note[at] === kind.settles || note[at] === kind.owed) && left >= receiptLength) {
      const receipt = { offset: Number(note.readBigUInt64BE(at + 1)), rid: uuidText(note, at + 9) };
      (note[at] === kind.settles ? settles : owed).push(receipt);
      at += receiptLength;
    } else break;
  }
  return { owners, settles, owed };
}

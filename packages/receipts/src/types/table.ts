import * as entries from "./index.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

type Entries = (typeof entries)[keyof typeof entries];

export type ReceiptType = Entries["name"];

/** The entry of one type, as precise as its file says it. */
export type EntryOf<T extends ReceiptType> = Extract<Entries, { readonly name: T }>;

const table = new Map<string, ReceiptTypeEntry>(
  Object.values(entries).map((entry): [string, ReceiptTypeEntry] => [entry.name, entry]),
);

/** Every type's name, in alphabetical order. */
export const receiptTypes = [...table.keys()].sort() as readonly ReceiptType[];

export const isReceiptType = (type: unknown): type is ReceiptType =>
  typeof type === "string" && table.has(type);

/** What holds of every receipt of the type. */
export function receiptType(type: ReceiptType): ReceiptTypeEntry {
  return table.get(type)!;
}

/** The signed absence of a name that the log has no chain of; nothing is written to the log. */

import { type Absence, writeAbsence } from "@companyos/receipts";
import type { Storage } from "@companyos/storage";

import { NotaryError } from "../writer/errors.ts";
import type { Writer } from "../writer/writer.ts";
import { LogReader } from "./reader.ts";
import { type Earlier, openingCheckpoints } from "./since.ts";

/** Signs with the log's key; returns the whole note. */
export type AbsenceSigner = (absence: Absence) => Promise<string>;

export interface AbsenceOptions {
  readonly origin: string;
  readonly storage: Storage;
  readonly writer: Writer;
  readonly signAbsence: AbsenceSigner;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * The lines of an evidence set that stand for this log. `out`: the published checkpoint. Throws `unavailable` when
 * more is published than this writer has read: another writer may know the name.
 */
export async function absence(
  { origin, storage, writer, signAbsence, now }: AbsenceOptions,
  { tenant, audience, nonce }: Pick<Absence, "tenant" | "audience" | "nonce">,
  out: { readonly size: number; readonly root: Uint8Array; readonly note: string },
  earlier: readonly Earlier[],
): Promise<Iterable<string>> {
  const { size, root, note } = out;
  if (size > writer.state.tail.size) {
    throw new NotaryError("unavailable", "another writer has gone on with this log: try again later");
  }
  const time = Math.max(writer.state.iat, Math.floor(now() / 1000));
  const opening = await openingCheckpoints(earlier, new LogReader(storage, size));
  const signed = await signAbsence({ origin, size, root, time, tenant, audience, nonce });
  return writeAbsence(signed, [...opening, { note }]);
}

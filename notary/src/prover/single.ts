/** One receipt with the proof that this log has it. */

import {
  formatReceipt,
  formatTlogProof,
  inclusionProof,
  parseReceipt,
  type SingleReceipt,
} from "@companyos/receipts";
import type { Storage } from "@companyos/storage";
import { NotaryError } from "../writer/errors.ts";
import type { Writer } from "../writer/writer.ts";
import type { DisclosureReader } from "./disclosures.ts";
import { closingCheckpoint } from "./published.ts";
import { LogReader } from "./reader.ts";

interface Parts {
  readonly storage: Storage;
  readonly writer: Writer;
  readonly disclosures: DisclosureReader;
}

/** `receipt`: SD-JWT of a published receipt. */
export async function single(parts: Parts, receipt: string): Promise<SingleReceipt> {
  const { kid, claims } = parseReceipt(receipt);
  const { note, size } = await closingCheckpoint(parts.storage);
  const log = new LogReader(parts.storage, size);
  const path = await inclusionProof(claims.idx, size, log.subtree);
  const proof = formatTlogProof({ index: claims.idx, path, checkpoint: note });
  return { receipt, endorsement: await endorsementOf(parts, log, kid), proof };
}

/** The JWS stands in the receipt of its endorsement, which every bundle shows, too. */
async function endorsementOf({ writer, disclosures }: Parts, log: LogReader, kid: string): Promise<string> {
  const key = writer.state.endorsed.find((endorsed) => endorsed.kid === kid);
  if (key === undefined)
    throw new NotaryError("unavailable", `the key ${kid} has no endorsement in this log`);
  const { leaf, claims } = await log.entry(key.index);
  const { disclosed } = parseReceipt(formatReceipt(leaf, await disclosures.of(claims.sub, key.index)));
  const { endorsement } = disclosed.get("details") as { endorsement: string };
  return endorsement;
}

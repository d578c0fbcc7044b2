/** Where a tenant's name came from and went to, by the handovers its evidence shows. */

import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { parseHandover, parseReceipt } from "@companyos/receipts";

/** Regions named by the handovers in a part. Reads the part once, in the memory of a line. Throws Refusal. */
export async function regionsHandedOver(file: string): Promise<Set<string>> {
  const regions = new Set<string>();
  const lines = createInterface({
    input: createReadStream(file, "latin1"),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  for await (const line of lines) {
    if (!line.startsWith("r ") || !isHandover(line)) continue;
    const handover = parseHandover(parseReceipt(line.slice(2)).disclosed.get("details"));
    if (handover === undefined || !("link" in handover)) continue;
    regions.add(handover.from.region).add(handover.to.region);
  }
  return regions;
}

/** Looks only into the payload: parsing every receipt of a large part would take as long as verifying it. */
function isHandover(line: string): boolean {
  const from = line.indexOf(".") + 1;
  const payload = Buffer.from(line.slice(from, line.indexOf(".", from)), "base64url");
  return payload.includes('"type":"tenant.handover"');
}

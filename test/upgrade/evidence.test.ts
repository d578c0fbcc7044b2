import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { verifyEvidence } from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { expect, test } from "@jest/globals";
import { fixture, soonAfter, trustOfThen } from "./written.ts";

const ofName = (name: string) => readFile(join(fixture, "evidence", `${name}.evidence`));

test.each([
  // Tenant, log, blocks with their repeats, receipts of its own.
  ["acme", "acme", "eu-west-1", 4, 11],
  ["acme-period", "acme", "eu-west-1", 2, 3],
  ["acme-undisclosed", "acme", "eu-west-1", 6, 15],
  ["globex", "globex", "us-east-1", 2, 8],
  // Made again under its name, moved: what it said then, of the newest chain alone.
  ["initech", "initech", "eu-west-1", 1, 4],
  ["hooli", "hooli", "us-east-1", 0, 3],
])(
  "evidence %s verifies as it did then, and says that it cannot know of other chains and logs",
  async (name, tenant, region, blocks, receipts) => {
    const trust = await trustOfThen();
    const verdict = await verifyEvidence(await ofName(name), {
      trust,
      crypto: nodeCrypto,
      now: soonAfter,
      tenant,
    });
    expect(verdict).toMatchObject({
      valid: true,
      covers: { tenant, blocks, outside: 0, parts: [{ log: { region } }], counted: { receipts } },
      // Its seal names no chains, and the other log is not asked: true as far as it goes.
      complete: false,
    });
  },
);

test("one changed byte in it is as invalid as it was then", async () => {
  const trust = await trustOfThen();
  const bytes = await ofName("globex");
  const at = bytes.indexOf("r ") + 200;
  bytes[at] = bytes[at] === 0x41 ? 0x42 : 0x41;
  const verdict = await verifyEvidence(bytes, { trust, crypto: nodeCrypto, now: soonAfter });
  expect(verdict.valid).toBe(false);
});

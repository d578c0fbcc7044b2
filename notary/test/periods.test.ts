import {
  type EvidencePart,
  formatInstant,
  type ReceiptEvent,
  type Trust,
  type Verdict,
  verifyEvidence,
  writeEvidenceSet,
} from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { runs } from "@companyos/test/explored";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Writer } from "../src/writer/writer.ts";
import { blocked, journal, proven, type Rig, record, rig, sender, trustOf } from "./rig.ts";

/** Evidence of a tenant that moved, of any period, also one in which some or all of its chains did not exist yet. */

const [eu, us] = ["eu-west-1", "us-east-1"] as const;
const begin = 1_790_000_000;

describe("evidence of a tenant that was refused things in one region, was made again there, and moved to another", () => {
  let clock = begin;
  const rigs = new Map<string, Rig>();
  const writers = new Map<string, Writer>();
  const refused: number[] = [];
  let trust: Trust;

  const sent = new Map<string, number>();
  const send = async (region: string, uid: string, extra: Partial<ReceiptEvent> = {}): Promise<void> => {
    clock += 10;
    const from = sent.get(region) ?? 0;
    sent.set(region, from + 1);
    const event = blocked("acme", clock * 1000, { tenant: { name: "acme", uid }, ...extra });
    const submission = { journal, owner: sender, cluster: "test", from, records: [record(from, event)] };
    await writers.get(region)!.submit(submission);
    if (event.type === "admission.blocked") refused.push(clock);
  };

  beforeAll(async () => {
    for (const region of [eu, us]) {
      const opened = await rig(region);
      rigs.set(region, opened);
      writers.set(region, opened.writer({ now: () => clock * 1000 }));
    }
    trust = { ...trustOf(rigs.get(eu)!), logs: [...rigs.values()].flatMap((each) => trustOf(each).logs) };
    clock = begin + 100;
    await send(eu, "1");
    await send(eu, "1");
    await send(eu, "2");
    const details = { link: "link-1", from: { region: eu, uid: "2" }, to: { region: us, uid: "2" } };
    const handover = { type: "tenant.handover", decision: "none", kind: "Tenant", requested: [] } as const;
    for (const region of [eu, us]) await send(region, "2", { ...handover, disclosable: { details } });
    await send(us, "2");
    await send(us, "2");
    await send(eu, "9", { tenant: { name: "globex", uid: "9" }, type: "placement.ended" });
    clock += 100;
  });

  afterAll(async () => {
    for (const each of rigs.values()) await each.remove();
  });

  async function verdictOf(
    regions: readonly string[],
    period: { from?: number; to?: number },
    tenant = "acme",
  ): Promise<Verdict> {
    const responses: EvidencePart[] = [];
    const logs = trust.logs.filter(({ region }) => regions.includes(region));
    for (const { region, origin } of logs) {
      const request = { tenant, ...period };
      const text = await proven(rigs.get(region)!, writers.get(region)!, request, () => clock * 1000);
      responses.push({ origin, bytes: [Buffer.from(text)] });
    }
    const options = { trust: { ...trust, logs }, crypto: nodeCrypto, now: clock * 1000 };
    return verifyEvidence(writeEvidenceSet(responses), options);
  }

  const blocksOf = ({ from = 0, to = Number.POSITIVE_INFINITY }: { from?: number; to?: number }): number =>
    refused.filter((time) => time >= from && time <= to).length;

  test("up to a moment before it moved covers what was before, and the new home's part covers nothing", async () => {
    const to = begin + 121;
    const verdict = await verdictOf([eu, us], { to });
    expect(verdict).toMatchObject({
      valid: true,
      complete: true,
      covers: { blocks: blocksOf({ to }), period: { to: formatInstant(to) } },
    });
    const parts = verdict.valid ? verdict.covers.parts : [];
    expect(parts.map(({ counted, chains }) => [counted.receipts > 0, chains.length])).toEqual([
      [true, 2],
      [false, 1],
    ]);
  });

  test.each([
    ["acme", [eu, us]],
    // The other log knows nothing of it, or gets no request.
    ["globex", [eu, us]],
    ["globex", [eu]],
  ])("of %s, up to a moment before it existed, covers nothing and is valid: %j", async (tenant, regions) => {
    const to = Date.parse("2025-01-01T00:00:00Z") / 1000;
    const verdict = await verdictOf(regions, { to }, tenant);
    expect(verdict).toMatchObject({
      valid: true,
      complete: true,
      covers: { blocks: 0, counted: { receipts: 0 } },
    });
    expect(verdict).toMatchObject({
      covers: { period: { from: formatInstant(to), to: formatInstant(to) } },
    });
  });

  test("of any period is complete and counts the refusals of that period", async () => {
    const offset = fc.option(fc.integer({ min: -50, max: 300 }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(offset, offset, async (a, b) => {
        const times = [a, b].map((t) => (t === undefined ? undefined : Math.min(begin + t, clock)));
        let [from, to] = times;
        if (from !== undefined && to !== undefined && from > to) [from, to] = [to, from];
        const period = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
        const verdict = await verdictOf([eu, us], period);
        expect(verdict).toMatchObject({
          valid: true,
          complete: true,
          lacks: [],
          covers: { blocks: blocksOf(period) },
        });
      }),
      { numRuns: runs(25) },
    );
  });
});

import {
  type EvidencePart,
  type ReceiptEvent,
  type Trust,
  type Verdict,
  verifyEvidence,
  writeEvidenceSet,
} from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { runs } from "@companyos/test/explored";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Writer } from "../src/writer/writer.ts";
import { blocked, journal, proven, type Rig, record, rig, sender, trustOf } from "./rig.ts";

/** Histories of a tenant's name over real notaries, and the verifier's verdict on their evidence. */

const regions = ["ap-south-1", "eu-west-1", "us-east-1"] as const;
type Region = (typeof regions)[number];

type Step =
  | { readonly kind: "block"; readonly to?: never }
  | { readonly kind: "move" | "again"; readonly to: Region };

const steps = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("block" as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constantFrom("move" as const, "again" as const),
        to: fc.constantFrom(...regions),
      }),
    },
  ),
  { minLength: 1, maxLength: 8 },
) as fc.Arbitrary<Step[]>;

interface Logs {
  readonly trust: Trust;
  live(steps: readonly Step[]): Promise<number>;
  prove(region: Region): Promise<string>;
  remove(): Promise<void>;
}

async function logs(): Promise<Logs> {
  const rigs = new Map<Region, Rig>();
  const writers = new Map<Region, Writer>();
  const sent = new Map<Region, number>();
  for (const region of regions) {
    const opened = await rig(region);
    rigs.set(region, opened);
    writers.set(region, opened.writer());
  }
  const send = async (region: Region, event: ReceiptEvent): Promise<void> => {
    const from = sent.get(region) ?? 0;
    sent.set(region, from + 1);
    const submission = { journal, owner: sender, cluster: "test", from, records: [record(from, event)] };
    await writers.get(region)!.submit(submission);
  };
  const refusal = (uid: string, extra: Partial<ReceiptEvent> = {}): ReceiptEvent =>
    blocked("acme", Date.now(), { tenant: { name: "acme", uid }, ...extra });
  let home: { region: Region; uid: string } = { region: "eu-west-1", uid: "1" };
  let count = 0;
  return {
    trust: {
      ...trustOf(rigs.get("eu-west-1")!),
      logs: [...rigs.values()].flatMap((each) => trustOf(each).logs),
    },
    async live(all) {
      let blocks = 0;
      for (const { kind, to } of all) {
        if (kind === "block") {
          await send(home.region, refusal(home.uid));
          blocks++;
          continue;
        }
        const next = { region: to, uid: kind === "again" ? String(++count + 1) : home.uid };
        if (next.region !== home.region) {
          // What the operator sends; within one log the notary sees for itself.
          const details = { link: `link-${++count}`, from: { ...home }, to: { ...next } };
          for (const { region, uid } of [home, next]) {
            const handover = { type: "tenant.handover", decision: "none", kind: "Tenant" } as const;
            await send(region, refusal(uid, { ...handover, requested: [], disclosable: { details } }));
          }
        }
        home = next;
      }
      return blocks;
    },
    prove: (region) => proven(rigs.get(region)!, writers.get(region)!, { tenant: "acme", nonce: "n" }),
    remove: async () => {
      for (const each of rigs.values()) await each.remove();
    },
  };
}

async function verdictOn(responses: readonly EvidencePart[], trust: Trust): Promise<Verdict> {
  return verifyEvidence(writeEvidenceSet(responses), {
    trust,
    crypto: nodeCrypto,
    now: Date.now(),
    nonce: "n",
  });
}

test("what the notaries of any history answer is complete, and without any one of them it is not", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const history = await logs();
      try {
        const blocks = await history.live(all);
        const responses = [];
        for (const { region, origin } of history.trust.logs) {
          responses.push({ origin, bytes: [Buffer.from(await history.prove(region as Region))] });
        }
        expect(await verdictOn(responses, history.trust)).toMatchObject({
          valid: true,
          complete: true,
          lacks: [],
          covers: { tenant: "acme", blocks },
        });
        for (const left of responses) {
          const verdict = await verdictOn(
            responses.filter((response) => response !== left),
            history.trust,
          );
          expect(verdict.valid && verdict.complete).toBe(false);
        }
      } finally {
        await history.remove();
      }
    }),
    { numRuns: runs(15) },
  );
});

import { verifyEvidence } from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { DisclosureReader } from "../src/prover/disclosures.ts";
import { listReceipts } from "../src/prover/list.ts";
import type { ProveRequest } from "../src/prover/prove.ts";
import type { Writer } from "../src/writer/writer.ts";
import { blocked, journal, proven, type Rig, record, rig, sender, trustOf } from "./rig.ts";

let r: Rig;
let writer: Writer;
let now = 1_800_000_000_000;
beforeAll(async () => {
  r = await rig();
  writer = r.writer({ now: () => now, publishIntervalMs: 0 });
  for (let from = 0; from < 600; from += 100) {
    const records = Array.from({ length: 100 }, (_, i) =>
      record(from + i, blocked((from + i) % 7 ? "globex" : "acme", now)),
    );
    await writer.submit({ journal, owner: sender, cluster: "test", from, records });
    now += 60_000;
  }
});
afterAll(() => r.remove());

const bundle = (more: Partial<ProveRequest> = {}): Promise<string> =>
  proven(r, writer, { tenant: "acme", ...more }, () => now);

const verify = (text: string, more = {}) =>
  verifyEvidence(new TextEncoder().encode(text), { trust: trustOf(r), crypto: nodeCrypto, now, ...more });

describe("a bundle from the notary", () => {
  test("verifies, and covers every receipt of the tenant up to the seal", async () => {
    const text = await bundle({ audience: "auditor@example.com", nonce: "7f3c" });
    const verdict = await verify(text, { audience: "auditor@example.com", nonce: "7f3c", tenant: "acme" });
    expect(verdict).toMatchObject({ valid: true, covers: { tenant: "acme", nonce: "7f3c" } });
    const { covers } = verdict as Extract<typeof verdict, { valid: true }>;
    expect(covers.receipts.find(({ type }) => type === "admission.blocked")?.receipts).toBe(86);
    expect(text).toContain("~");
    expect(await verify(text, { nonce: "other" })).toMatchObject({ valid: false, code: "OTHER_NONCE" });
  });

  test("with one character changed anywhere, does not verify", async () => {
    const text = await bundle();
    for (let at = 0; at < text.length; at += Math.ceil(text.length / 60)) {
      const other = text[at] === "A" ? "B" : "A";
      const verdict = await verify(text.slice(0, at) + other + text.slice(at + 1));
      expect({ at, valid: verdict.valid }).toEqual({ at, valid: false });
    }
  });

  test("shows a later period with its predecessor, and only the fields asked for", async () => {
    const from = Math.floor((now - 150_000) / 1000);
    const text = await bundle({ from, disclose: ["namespace", "rid"] });
    const verdict = await verify(text);
    expect(verdict).toMatchObject({ valid: true, covers: { disclosed: ["namespace", "rid"] } });
    expect(text.length).toBeLessThan((await bundle()).length);
    expect(await verify(await bundle({ disclose: [] }))).toMatchObject({
      valid: true,
      covers: { disclosed: [] },
    });
  });

  test("goes on where the one before ended, also when the notary's clock was set back by an hour in between", async () => {
    const period = async (more: Partial<ProveRequest>) => {
      const verdict = await verify(await bundle(more));
      expect(verdict).toMatchObject({ valid: true });
      return (verdict as Extract<typeof verdict, { valid: true }>).covers.period;
    };
    const before = await period({});
    now -= 3_600_000;
    try {
      const to = Date.parse(before.to) / 1000;
      expect(await period({ to })).toEqual(before);
      expect(await period({ from: to })).toEqual({ from: before.to, to: before.to });
    } finally {
      now += 3_600_000;
    }
  });

  test("is refused for a period that has not ended, or ends before it begins", async () => {
    await expect(bundle({ to: Math.floor(now / 1000) + 60 })).rejects.toMatchObject({ code: "bad_request" });
    await expect(bundle({ from: 20, to: 10 })).rejects.toMatchObject({ code: "bad_request" });
  });
});

describe("a list of receipts", () => {
  test("comes in pages, with what was disclosed to the notary", async () => {
    const disclosures = new DisclosureReader(r.storage, r.opened.keys, r.opened.identity.origin);
    const from = { storage: r.storage, writer, disclosures };
    const seen: number[] = [];
    let before: number | undefined;
    do {
      const page = await listReceipts(from, {
        tenant: "acme",
        type: "admission.blocked",
        limit: 30,
        ...(before === undefined ? {} : { before }),
      });
      seen.unshift(...page.receipts.map(({ claims }) => claims.seq));
      for (const { disclosed } of page.receipts) {
        expect(disclosed).toMatchObject({ tenant: "acme", namespace: "acme", user: "jane" });
      }
      before = page.continue === undefined ? undefined : Number(page.continue);
    } while (before !== undefined);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen).toHaveLength(86);
    const since = Math.floor(now / 1000) - 150;
    const late = await listReceipts(from, { tenant: "acme", type: "admission.blocked", limit: 100, since });
    expect(late.receipts.length).toBeGreaterThan(10);
    expect(late.receipts.length).toBeLessThan(86);
  });
});

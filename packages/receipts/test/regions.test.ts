import { describe, expect, test } from "@jest/globals";
import { TestLog } from "./log.ts";
import { joined, TestLogs } from "./logs.ts";

const [eu, us] = ["eu-west-1", "us-east-1"];

describe("two logs of one region", () => {
  /** acme is in the older log of eu; the newer one knows nothing of it. */
  async function rotated() {
    const logs = await TestLogs.of(eu, us);
    await logs.block(eu, "1");
    await logs.move({ region: eu, uid: "1" }, { region: us, uid: "1" });
    const older = await logs.prove(eu);
    const trusted = logs.trust().logs[0]!;
    logs.logs.set(eu, await TestLog.open(`${trusted.origin}/2`));
    logs.chains.splice(
      logs.chains.findIndex(({ region }) => region === eu),
      1,
    );
    const trust = logs.trust({ logs: [trusted, ...logs.trust().logs] });
    const responses = await logs.all();
    const parts = [...responses].map(([region, text]) => ({
      origin: logs.log(region).origin,
      bytes: [Buffer.from(text)],
    }));
    const old = { origin: trusted.origin, bytes: [Buffer.from(older)] };
    return { logs, trust, parts, old };
  }

  test("answer each for itself, and both have to", async () => {
    const { logs, trust, parts, old } = await rotated();
    const both = await joined([...parts, old], []);
    expect(await logs.verify(both, { trust })).toMatchObject({ complete: true, covers: { blocks: 1 } });
  });

  test("of which one is declared lacking: the one that did not answer, whichever it is", async () => {
    const { logs, trust, parts, old } = await rotated();
    const lacks = [{ region: eu, reason: "unreachable" }];
    const [fresh, other] = parts;
    expect(await logs.verify(await joined(parts, lacks), { trust })).toMatchObject({
      valid: true,
      lacks: [
        { code: "LOG_LACKING", origin: old.origin },
        { code: "HANDOVER_LACKING", region: eu },
      ],
    });
    expect(await logs.verify(await joined([old, other!], lacks), { trust })).toMatchObject({
      valid: true,
      lacks: [{ code: "LOG_LACKING", origin: fresh!.origin }],
    });
  });

  test("of which trust.json names one: that the other lacks makes evidence incomplete, never invalid", async () => {
    const logs = await TestLogs.of(eu, us);
    await logs.block(eu, "1");
    await logs.move({ region: eu, uid: "1" }, { region: us, uid: "1" });
    const responses = await logs.all();
    for (const region of [eu, us]) {
      const verdict = await logs.verify(await logs.set(responses, [{ region, reason: "unreachable" }]));
      expect(verdict).toMatchObject({ valid: true, complete: false, covers: { blocks: 1 } });
      expect(verdict).toMatchObject({ lacks: [{ code: "LOG_LACKING", region, reason: "unreachable" }] });
    }
  });
});

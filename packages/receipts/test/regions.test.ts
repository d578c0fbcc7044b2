import { describe, expect, test } from "@jest/globals";
import { TestLog } from "./log.ts";
import { joined, World } from "./world.ts";

const [eu, us] = ["eu-west-1", "us-east-1"];

describe("two logs of one region", () => {
  /** acme is in the older log of eu; the newer one knows nothing of it. */
  async function rotated() {
    const world = await World.of(eu, us);
    await world.block(eu, "1");
    await world.move({ region: eu, uid: "1" }, { region: us, uid: "1" });
    const older = await world.prove(eu);
    const trusted = world.trust().logs[0]!;
    world.logs.set(eu, await TestLog.open(`${trusted.origin}/2`));
    world.chains.splice(
      world.chains.findIndex(({ region }) => region === eu),
      1,
    );
    const trust = world.trust({ logs: [trusted, ...world.trust().logs] });
    const answers = await world.all();
    const parts = [...answers].map(([region, text]) => ({
      origin: world.log(region).origin,
      bytes: [Buffer.from(text)],
    }));
    const old = { origin: trusted.origin, bytes: [Buffer.from(older)] };
    return { world, trust, parts, old };
  }

  test("answer each for itself, and both have to", async () => {
    const { world, trust, parts, old } = await rotated();
    const both = await joined([...parts, old], []);
    expect(await world.verify(both, { trust })).toMatchObject({ complete: true, covers: { blocks: 1 } });
  });

  test("of which one is declared lacking: the one that did not answer, whichever it is", async () => {
    const { world, trust, parts, old } = await rotated();
    const lacks = [{ region: eu, reason: "unreachable" }];
    const [fresh, other] = parts;
    expect(await world.verify(await joined(parts, lacks), { trust })).toMatchObject({
      valid: true,
      lacks: [
        { code: "LOG_LACKING", origin: old.origin },
        { code: "HANDOVER_LACKING", region: eu },
      ],
    });
    expect(await world.verify(await joined([old, other!], lacks), { trust })).toMatchObject({
      valid: true,
      lacks: [{ code: "LOG_LACKING", origin: fresh!.origin }],
    });
  });

  test("of which trust.json names one: that the other lacks makes evidence incomplete, never invalid", async () => {
    const world = await World.of(eu, us);
    await world.block(eu, "1");
    await world.move({ region: eu, uid: "1" }, { region: us, uid: "1" });
    const answers = await world.all();
    for (const region of [eu, us]) {
      const verdict = await world.verify(await world.set(answers, [{ region, reason: "unreachable" }]));
      expect(verdict).toMatchObject({ valid: true, complete: false, covers: { blocks: 1 } });
      expect(verdict).toMatchObject({ lacks: [{ code: "LOG_LACKING", region, reason: "unreachable" }] });
    }
  });
});

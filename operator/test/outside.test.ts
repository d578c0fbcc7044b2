/** What a Tenant's status says of pods that run where the tenant may not: at once when it begins, and then it comes to rest. */
import { describe, expect, test } from "@jest/globals";
import type { RecordedPlacement } from "../src/placements/event.ts";
import { type FoundOutside, Outside } from "../src/placements/outside.ts";
import {
  holdMs,
  mostPauseMs,
  nextTold,
  pauseMs,
  shownCount,
  type ToldOutside,
} from "../src/placements/told.ts";

const now = Date.UTC(2026, 10, 28, 12);
const plan = { regions: ["eu-west-1"], mode: "Audit" } as const;
const none: FoundOutside = { pods: 0, regions: [] };
const some = (pods: number, ...regions: string[]) => ({
  pods,
  regions: regions.length > 0 ? regions : ["us-east-1"],
});

/** Tells, and gives what is told then. */
function told(found: FoundOutside, before: ToldOutside = {}, of: Parameters<typeof nextTold>[2] = plan) {
  const next = nextTold(before, found, of, { now, elapsed: 1e9, insideSince: 0 });
  if (!next || !("write" in next)) throw new Error(`nothing to write: ${JSON.stringify(next)}`);
  return next.write;
}
const conditionOf = ({ conditions }: ToldOutside) => conditions![0]!;

describe("what is outside", () => {
  const at = (region: string, more: Partial<RecordedPlacement> = {}): RecordedPlacement => ({
    state: "observed",
    rid: "r",
    tenantUid: "acme",
    node: "n",
    home: "eu-west-1",
    decision: "audit",
    region,
    ...more,
  });

  test("is counted by tenant and region, whatever let it, until it ends", () => {
    const outside = new Outside();
    expect([
      outside.note("a", at("us-east-1")),
      outside.note("b", at("unknown", { decision: "block" })),
      outside.note("c", at("us-east-1")),
      outside.note("d", at("us-east-1", { tenantUid: "globex", decision: "warn" })),
      outside.note("e", at("eu-west-1", { decision: "allow" })),
      // Of releases that wrote no decision.
      outside.note("f", at("eu-west-1", { decision: undefined } as object)),
    ]).toEqual([true, true, true, true, false, false]);
    expect(outside.of("acme")).toEqual({ pods: 3, regions: ["unknown", "us-east-1"] });
    expect([...outside.tenants()]).toEqual(["acme", "globex"]);
    // Whose end a log that is away has not got yet runs no more for that.
    expect(outside.note("b", at("unknown", { decision: "block", state: "ending" }))).toBe(true);
    outside.note("c", undefined);
    expect(outside.note("a", at("us-east-1", { decision: "block" }))).toBe(false);
    expect(outside.of("acme")).toEqual({ pods: 1, regions: ["us-east-1"] });
  });

  test("goes with its namespace to another tenant", () => {
    const outside = new Outside();
    outside.note("a", at("us-east-1"));
    outside.note("a", at("us-east-1", { tenantUid: "globex" }));
    expect([outside.of("acme"), outside.of("globex").pods]).toEqual([none, 1]);
  });
});

describe("what is told", () => {
  test("how many, where, and why they may", () => {
    const { outside, ...rest } = told(some(2, "unknown", "us-east-1"));
    expect(outside).toEqual({ pods: 2, regions: ["unknown", "us-east-1"] });
    expect(conditionOf(rest)).toEqual({
      type: "PlacementsInside",
      status: "False",
      reason: "AllowedByAudit",
      message: expect.stringMatching(
        /^2 pods run outside of eu-west-1 \(in unknown, us-east-1\): mode Audit/,
      ),
      lastTransitionTime: "2026-11-28T12:00:00Z",
    });
    expect(conditionOf(told(some(1), {}, { ...plan, mode: "Warn" })).reason).toBe("AllowedByWarn");
    expect(conditionOf(told(some(1), {}, { ...plan, mode: "Enforce" }))).toMatchObject({
      reason: "LeftRunning",
      message: expect.stringMatching(/^1 pod runs outside of eu-west-1 .*left running/),
    });
    expect(told(none)).toMatchObject({ conditions: [{ status: "True" }], outside: { pods: 0 } });
  });

  test("another mode at once, and since when stays", () => {
    const before = told(some(2));
    const next = nextTold(
      before,
      some(2),
      { ...plan, mode: "Enforce" },
      { now: now + 1_000, elapsed: 1, written: { at: 0, pause: pauseMs } },
    );
    expect(next).toMatchObject({
      write: { conditions: [{ reason: "LeftRunning", lastTransitionTime: "2026-11-28T12:00:00Z" }] },
    });
  });
});

describe("it comes to rest", () => {
  test("nothing is written where nothing is new", () => {
    for (const found of [none, some(3), some(1_000)])
      expect(
        nextTold(told(found), found, plan, {
          now: now + 1,
          elapsed: 2e9,
          written: { at: 0, pause: pauseMs },
        }),
      ).toBeUndefined();
  });

  test("other numbers and places wait since what was told last, ever longer while they go on", () => {
    const before = told(some(3));
    const at = (elapsed: number, pause = pauseMs) => ({ now, elapsed, written: { at: 0, pause } });
    expect(nextTold(before, some(4), plan, at(1_000))).toEqual({ wait: pauseMs - 1_000 });
    expect(nextTold(before, some(3, "ap-south-1"), plan, at(1_000))).toEqual({ wait: pauseMs - 1_000 });
    const pauses = [pauseMs];
    for (let times = 0; times < 6; times++) {
      const pause = pauses.at(-1)!;
      expect(nextTold(before, some(4), plan, at(pause - 1, pause))).toEqual({ wait: 1 });
      const next = nextTold(before, some(4), plan, at(pause, pause)) as { written: { pause: number } };
      pauses.push(next.written.pause);
    }
    expect(pauses.map((ms) => ms / 1_000)).toEqual([15, 30, 60, 120, 240, 300, 300]);
    const rested = nextTold(before, some(4), plan, at(2 * mostPauseMs, mostPauseMs));
    expect(rested).toMatchObject({ written: { pause: pauseMs } });
    // A process that just began has told nothing.
    expect(nextTold(before, some(4), plan, { now, elapsed: 0 })).toHaveProperty("write");
  });

  test("what runs and ends again and again is outside all along, and how many there are now is told", () => {
    const before = told(some(1));
    const times = { now, elapsed: 60_000, insideSince: 10_000 };
    const next = nextTold(before, none, plan, times) as { write: ToldOutside };
    expect(next.write).toMatchObject({
      conditions: [
        { status: "False", reason: "AllowedByAudit", message: expect.stringMatching(/^no pod .* now/) },
      ],
      outside: { pods: 0 },
    });
    expect(nextTold(next.write, none, plan, times)).toEqual({ wait: holdMs - 50_000 });
    expect(
      nextTold(next.write, some(1), plan, { ...times, written: { at: 59_000, pause: pauseMs } }),
    ).toEqual({
      wait: pauseMs - 1_000,
    });
    expect(nextTold(next.write, none, plan, { ...times, elapsed: 10_000 + holdMs })).toMatchObject({
      write: { conditions: [{ status: "True", reason: "AllInside" }], outside: { pods: 0 } },
    });
  });

  test("large numbers are about so many, and stay while they are not far off", () => {
    expect([0, 1, 10, 11, 19, 99, 100, 4_321].map((pods) => shownCount(pods, undefined))).toEqual([
      0, 1, 10, 10, 10, 90, 100, 4_000,
    ]);
    expect([15, 19, 24, 25, 26].map((pods) => shownCount(pods, 20))).toEqual([20, 20, 20, 20, 20]);
    expect([14, 30, 8].map((pods) => shownCount(pods, 20))).toEqual([10, 30, 8]);
    expect(conditionOf(told(some(4_321))).message).toMatch(/^about 4000 pods run/);
  });
});

/** What comes of one workload is that workload's alone, and tenants take turns. */
import { KubeError, type KubeObject } from "@companyos/kube";
import { manualClock, turn } from "@companyos/service/testing/manual-clock";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { Attempts } from "../src/rollouts/attempts.ts";
import { type Unready, unready } from "../src/rollouts/bring.ts";
import { type Standing, standingOf } from "../src/rollouts/due.ts";
import { rolledKinds } from "../src/rollouts/kinds.ts";
import { Line } from "../src/rollouts/line.ts";
import { Slots } from "../src/rollouts/slots.ts";
import type { Workload } from "../src/rollouts/workload.ts";

const kind = rolledKinds.find(({ resource }) => resource.kind === "Deployment")!;
const seconds = 1_000;

let clock: ReturnType<typeof manualClock>;
beforeEach(() => {
  clock = manualClock();
});

describe("what the API server responds to a write", () => {
  const error = (status: number, reason: string) => new KubeError({ status, reason, message: "because" });

  test.each([
    [403, "Forbidden"],
    [422, "Invalid"],
    [400, "BadRequest"],
    [401, "Unauthorized"],
    [413, "RequestEntityTooLarge"],
    [500, "InternalError"],
    [504, "Timeout"],
    [0, "Timeout"],
  ])("%i %s holds that workload, and says why", (status, reason) => {
    expect(unready(error(status, reason))).toEqual({
      reason: "Refused",
      message: expect.stringMatching(/(refuses its new template|could not be written): because$/),
    });
  });

  test.each([
    [409, "Conflict", "stale"],
    [404, "NotFound", "stale"],
    [429, "TooManyRequests", "early"],
    [503, "ServiceUnavailable", "early"],
  ])("%i %s may pass", (status, reason, passing) => {
    expect(unready(error(status, reason))).toMatchObject({ reason: "Refused", passing });
  });

  test("none at all, or a fault of ours, is no matter of a workload", () => {
    const away = error(0, "Unreachable");
    expect(() => unready(away)).toThrow(away);
    const fault = new TypeError("ours");
    expect(() => unready(fault)).toThrow(fault);
  });
});

describe("a workload that is held", () => {
  const of = "a change";
  const refused: Unready = { reason: "Refused", message: "no" };
  const undone: Unready = { reason: "Undone", message: "no", passing: "early" };
  const workload = (more: object = {}, name = "web"): Workload => ({
    kind,
    object: {
      metadata: { name, uid: name, generation: 1, resourceVersion: "1", ...more },
      spec: { replicas: 1, template: { spec: {} } },
    } as KubeObject,
  });
  let attempts: Attempts;
  beforeEach(() => {
    attempts = new Attempts(() => clock.elapsed());
  });
  const standing = (one: Workload): Standing =>
    standingOf(one, { regions: ["eu"] }, (each) => attempts.pauseOf(each, of));

  test("is tried again after pauses that grow, and says why all the while", () => {
    const waits: number[] = [];
    for (let times = 0; times < 12; times++) {
      attempts.failed(workload(), of, refused);
      expect(attempts.pauseOf(workload(), of)).toMatchObject({ held: refused, isOver: false });
      const wait = attempts.soonest([standing(workload())])!;
      clock.advance(wait);
      expect(attempts.pauseOf(workload(), of)).toEqual({ held: refused, isOver: true });
      // Nothing is left to wait for: whoever asked to be called back at once would be called for ever.
      expect(attempts.soonest([standing(workload())])).toBeUndefined();
      waits.push(wait / seconds);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]);
  });

  test("whose pause ends while its tenant is reported on is called for all the same", () => {
    attempts.failed(workload(), of, refused);
    const before = standing(workload());
    expect(before).toMatchObject({ held: refused, again: false });
    clock.advance(1.5 * seconds);
    expect(attempts.soonest([before])).toBe(0);
  });

  test("is tried at once when somebody changed it; a scale every minute makes the pauses no shorter", () => {
    for (let generation = 1; generation < 10; generation++)
      attempts.failed(workload({ generation }), of, refused);
    expect(attempts.pauseOf(workload({ generation: 10 }), of)).toEqual({ held: refused, isOver: true });
    expect(attempts.soonest([standing(workload({ generation: 9 }))])).toBe(256 * seconds);
  });

  test("is told of once, and anew when the reason is another", () => {
    expect(attempts.failed(workload(), of, refused)).toEqual(refused);
    expect(attempts.failed(workload(), of, refused)).toBeUndefined();
    expect(attempts.failed(workload(), of, { ...refused, message: "never" })).toMatchObject({
      message: "never",
    });
  });

  test("whose pin something else undoes in the dry run says so once that lasts, and is tried ever more slowly", () => {
    const told = () => attempts.pauseOf(workload(), of)!.held.reason;
    const seen: string[] = [];
    for (let times = 0; times < 5; times++) {
      attempts.failed(workload(), of, undone);
      seen.push(told());
    }
    expect(seen).toEqual(["Waiting", "Waiting", "Waiting", "Undone", "Undone"]);
    expect(attempts.soonest([standing(workload())])).toBe(8 * seconds);
  });

  test("because it was changed meanwhile waits for the next version, not for a time", () => {
    attempts.failed(workload(), of, { ...refused, passing: "stale" });
    expect(attempts.pauseOf(workload(), of)).toMatchObject({ held: { reason: "Waiting" }, isOver: false });
    expect(attempts.pauseOf(workload({ resourceVersion: "2" }), of)).toBeUndefined();
  });

  test("is forgotten with the change that it was tried for", () => {
    attempts.failed(workload(), of, refused);
    expect(attempts.pauseOf(workload(), "another change")).toBeUndefined();
    expect([attempts.hasFailed(workload(), of), attempts.hasFailed(workload(), "another change")]).toEqual([
      true,
      false,
    ]);
  });

  test("whose template is set back five times is given up", () => {
    for (let times = 0; times < 5; times++) {
      expect(attempts.pauseOf(workload({ resourceVersion: `${times}` }), of)).toBeUndefined();
      attempts.done(workload({ resourceVersion: `${times}` }), of);
    }
    expect(attempts.pauseOf(workload({ resourceVersion: "5" }), of)).toMatchObject({
      held: { reason: "Undone", given: true },
      isOver: false,
    });
  });

  test("is told from what is tried for the first time while it is written", () => {
    const both = [workload(), workload({}, "new")];
    attempts.failed(both[0]!, of, refused);
    for (const one of both) attempts.begin(one);
    expect(attempts.pauseOf(both[0]!, of)).toMatchObject({ held: refused, isOver: false });
    expect(attempts.retrying(both.map(standing))).toBe(1);
    for (const one of both) attempts.end(one);
    expect(attempts.retrying(both.map(standing))).toBe(0);
  });

  test("counts as in flight from when it is written until its pods are there, or for ten minutes", () => {
    const one = workload();
    attempts.begin(one);
    expect(attempts.inFlight([standing(one)])).toBe(1);
    attempts.done(one, of);
    attempts.end(one);
    // The watch has not told of it yet: it is not written twice.
    expect(standing(one)).toMatchObject({ is: "due", again: false });
    expect(attempts.inFlight([standing(one)])).toBe(1);
    const rolling: Standing = { workload: workload({ resourceVersion: "2" }), is: "rolling" };
    expect(attempts.inFlight([rolling])).toBe(1);
    expect(attempts.inFlight([{ ...rolling, is: "available" }])).toBe(0);
    expect(attempts.inFlight([rolling])).toBe(1);
    clock.advance(600 * seconds);
    expect(attempts.inFlight([rolling])).toBe(0);
  });
});

test("writes that hang for one tenant leave places for others, and what waits comes in order", async () => {
  const slots = new Slots({ total: 3, each: 2 });
  const began: string[] = [];
  const ends: (() => void)[] = [];
  const hangs = (name: string) =>
    slots.run(name[0]!, () => {
      began.push(name);
      return new Promise<void>((end) => void ends.push(end));
    });
  const all = ["a1", "a2", "a3", "b1", "b2"].map(hangs);
  await turn();
  expect(began).toEqual(["a1", "a2", "b1"]);
  ends[2]!();
  await turn();
  expect(began).toEqual(["a1", "a2", "b1", "b2"]);
  ends[0]!();
  await turn();
  expect(began).toEqual(["a1", "a2", "b1", "b2", "a3"]);
  for (const end of ends) end();
  await Promise.all(all);
});

describe("the line of tenants", () => {
  let called: string[];
  const lineOf = (atOnce: number) => {
    called = [];
    return new Line({
      atOnce,
      turnMs: 600 * seconds,
      elapsed: () => clock.elapsed(),
      next: (who) => void called.push(who),
    });
  };

  test("lets so many at once, and the others in the order in which they came", () => {
    const line = lineOf(2);
    expect(["a", "b", "c", "d", "c", "a"].map((who) => line.enter(who))).toEqual([0, 0, 1, 2, 1, 0]);
    expect(line.waiting).toBe(2);
    line.leave("a");
    expect([called, line.enter("c"), line.enter("d")]).toEqual([["c"], 0, 1]);
    // Who comes back is last.
    expect(line.enter("a")).toBe(2);
  });

  test("a tenant of very many workloads gives its turn up after a while, if somebody waits", () => {
    const line = lineOf(1);
    line.enter("large");
    clock.advance(600 * seconds);
    expect(line.enter("large")).toBe(0);
    line.enter("small");
    clock.advance(600 * seconds);
    expect([line.enter("large"), called, line.enter("small")]).toEqual([1, ["small"], 0]);
  });

  test("who left it before its turn is not called", () => {
    const line = lineOf(1);
    for (const who of ["a", "b", "c"]) line.enter(who);
    line.leave("b");
    line.stepOut("a");
    expect(line.enter("a")).toBe(0);
    line.leave("a");
    expect(called).toEqual(["c"]);
  });
});

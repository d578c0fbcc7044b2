import { createLogger } from "@companyos/service";
import { manualClock, turn } from "@companyos/service/testing/manual-clock";
import { until } from "@companyos/test/until";
import { describe, expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import { type ControllerSource, KubeError, runController } from "../src/index.ts";

function setup() {
  const lines: Record<string, unknown>[] = [];
  const registry = new Registry();
  const synced = Promise.withResolvers<void>();
  let enqueue: (key: string) => void = () => {};
  const source: ControllerSource = {
    whenSynced: () => synced.promise,
    subscribe(report) {
      enqueue = report;
      return () => {};
    },
  };
  const total = async (result: string) =>
    (await registry.getSingleMetric("controller_runtime_reconcile_total")?.get())?.values.find(
      ({ labels }) => labels.result === result,
    )?.value;
  return {
    base: {
      name: "c",
      sources: [source],
      registry,
      log: createLogger({ role: "test", write: (line) => void lines.push(JSON.parse(line)) }),
    },
    lines,
    total,
    synced: synced.resolve,
    report: (key: string) => enqueue(key),
  };
}

describe("controller", () => {
  test("starts no work before its sources are synced", async () => {
    const { base, report, synced } = setup();
    const seen: string[] = [];
    const controller = runController({ ...base, reconcile: async (key) => void seen.push(key) as undefined });
    report("a");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(seen).toEqual([]);
    synced();
    await until("a was reconciled", () => seen.length === 1);
    await controller.stop();
  });

  test("a key comes back no sooner than the API server asks, and within half a minute whatever it asks", async () => {
    const { base, report, synced } = setup();
    synced();
    const clock = manualClock();
    const asks = [7, 3_600, 0];
    const controller = runController({
      ...base,
      clock,
      async reconcile() {
        const retryAfter = asks.shift();
        throw new KubeError({ status: 429, reason: "TooManyRequests", message: "busy", retryAfter });
      },
    });
    report("a");
    const waits: number[] = [];
    for (const left of [2, 1, 0]) {
      await until(`${3 - left} tries`, () => asks.length === left && clock.waiting().length > 0);
      waits.push(...clock.waiting());
      clock.advance(waits.at(-1)!);
    }
    expect(waits.slice(0, 2)).toEqual([7_000, 30_000]);
    // By its own count of failures.
    expect(waits[2]).toBeLessThan(100);
    await controller.stop();
  });

  test("a reconcile that throws is tried again and counted, under a new id that every log line carries", async () => {
    const { base, report, synced, lines, total } = setup();
    synced();
    let tries = 0;
    const ids = new Set<string>();
    const controller = runController({
      ...base,
      async reconcile(_key, { reconcileId, log }) {
        ids.add(reconcileId);
        log.info("works");
        if (++tries < 3) throw new Error("not yet");
        return undefined;
      },
    });
    report("ns/a");
    await until("it came right", () => tries === 3);
    await controller.stop();
    expect([await total("error"), await total("success")]).toEqual([2, 1]);
    expect(ids.size).toBe(3);
    const own = lines.filter(({ msg }) => msg === "works" || msg === "reconcile failed and tries again");
    expect(own).toHaveLength(5);
    for (const line of own)
      expect(line).toMatchObject({ controller: "c", key: "ns/a", reconcileId: expect.any(String) });
  });

  test("what nobody foresees is tried again within four minutes, however often it has failed", async () => {
    const { base, report, synced } = setup();
    synced();
    const clock = manualClock();
    const failing = {
      fault: new Error("a mistake"),
      foreseen: new KubeError({ status: 500, reason: "Bad", message: "" }),
    };
    const tries = { fault: 0, foreseen: 0 };
    const controller = runController({
      ...base,
      clock,
      async reconcile(key) {
        tries[key as keyof typeof tries] += 1;
        throw failing[key as keyof typeof failing];
      },
    });
    report("fault");
    report("foreseen");
    const pass = async (ms: number) => {
      clock.advance(ms);
      await turn();
    };
    await turn();
    // Long enough for both to have waits that are as long as they become.
    for (let minutes = 0; minutes < 90; minutes += 1) await pass(60_000);
    const before = { ...tries };
    for (let minutes = 0; minutes < 16; minutes += 1) await pass(60_000);
    expect(tries.fault - before.fault).toBeGreaterThanOrEqual(4);
    expect(tries.foreseen - before.foreseen).toBeLessThanOrEqual(1);
    await controller.stop();
  });

  test("runs several keys at once but never one key twice", async () => {
    const { base, report, synced } = setup();
    synced();
    const running = new Map<string, number>();
    let most = 0;
    let done = 0;
    const controller = runController({
      ...base,
      concurrency: 3,
      async reconcile(key) {
        running.set(key, (running.get(key) ?? 0) + 1);
        expect(running.get(key)).toBe(1);
        most = Math.max(
          most,
          [...running.values()].reduce((a, b) => a + b),
        );
        report(key === "a" && done < 5 ? "a" : "b");
        await new Promise((resolve) => setTimeout(resolve, 5));
        running.set(key, 0);
        done++;
        return undefined;
      },
    });
    for (const key of ["a", "b", "c", "d"]) report(key);
    await until("enough was done", () => done > 8);
    expect(most).toBe(3);
    await controller.stop();
  });

  test("requeueAfter brings a key back without an event; stop aborts the signal and waits for running work", async () => {
    const { base, report, synced } = setup();
    synced();
    let calls = 0;
    let finished = false;
    const controller = runController({
      ...base,
      async reconcile(_key, { signal }) {
        if (++calls === 1) return { requeueAfter: 10 };
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => setTimeout(resolve, 20)));
        finished = true;
        return undefined;
      },
    });
    report("a");
    await until("it came back", () => calls === 2);
    await controller.stop();
    expect(finished).toBe(true);
  });

  test("a mistake in a reconcile is counted as a fault; an answer of the API server, or a code of ours, is not", async () => {
    const { base, report, synced, lines } = setup();
    synced();
    const errors = [
      new TypeError("no such field"),
      new KubeError({ status: 503, reason: "Unreachable", message: "the API server is away" }),
      Object.assign(new Error("the journal is full"), { code: "full" }),
    ];
    let left = errors.length;
    const controller = runController({
      ...base,
      async reconcile() {
        if (left > 0) throw errors[errors.length - left--];
        return undefined;
      },
    });
    report("a");
    await until("every error was met", () => left === 0);
    await controller.stop();
    const faults = await base.registry.getSingleMetricAsString("residency_faults_total");
    expect(faults).toContain('{where="reconcile"} 1');
    const failed = lines.filter(({ msg }) => msg === "reconcile failed and tries again");
    expect(failed[0]).toMatchObject({ key: "a", error: { message: "no such field" } });
  });
});

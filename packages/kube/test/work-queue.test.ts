import { manualClock, turn } from "@companyos/service/testing/manual-clock";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Registry } from "prom-client";
import { createWorkQueue } from "../src/index.ts";

function setup() {
  const clock = manualClock();
  const registry = new Registry();
  const queue = createWorkQueue({ name: "q", clock, registry, random: () => 0 });
  const metric = async (name: string) => (await registry.getSingleMetric(name)?.get())?.values[0]?.value;
  return { clock, queue, metric, registry };
}

describe("work queue", () => {
  test("hands a key out once however often it was added", async () => {
    const { queue, metric } = setup();
    for (const key of ["a", "a", "b", "a"]) queue.add(key);
    expect(queue.depth).toBe(2);
    expect([await queue.take(), await queue.take()]).toEqual(["a", "b"]);
    expect(await metric("workqueue_adds_total")).toBe(2);
  });

  test("never gives one key to two workers: added while running, it comes back when done", async () => {
    const { queue } = setup();
    queue.add("a");
    await queue.take();
    queue.add("a");
    let second: string | undefined;
    void queue.take().then((key) => {
      second = key;
    });
    await turn();
    expect(second).toBeUndefined();
    queue.done("a");
    await turn();
    expect(second).toBe("a");
  });

  test("waits 5 ms after the first failure, twice as long after each further one, at most 1000 s; forgetting resets", async () => {
    const { clock, queue } = setup();
    const waits: number[] = [];
    for (let failure = 0; failure < 20; failure++) {
      queue.addRateLimited("a");
      const began = clock.now();
      while (queue.depth === 0) clock.advance(1);
      waits.push(clock.now() - began);
      queue.done((await queue.take()) ?? "");
    }
    expect(waits.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(waits.at(-1)).toBe(1_000_000);
    expect(queue.failures("a")).toBe(20);
    queue.forget("a");
    queue.addRateLimited("a");
    clock.advance(5);
    expect(queue.depth).toBe(1);
  });

  test("of several delays of a key the earliest counts", () => {
    const { clock, queue } = setup();
    queue.addAfter("a", 1000);
    queue.addAfter("a", 100);
    queue.addAfter("a", 5000);
    clock.advance(100);
    expect(queue.depth).toBe(1);
    clock.advance(10_000);
    expect(queue.depth).toBe(1);
  });

  test("shuts down gracefully: waiting workers end, delayed keys are dropped, running ones are waited for", async () => {
    const { clock, queue } = setup();
    queue.add("a");
    await queue.take();
    queue.addAfter("b", 10);
    const idle = queue.take();
    let down = false;
    const end = queue.shutDown().then(() => {
      down = true;
    });
    expect(await idle).toBeUndefined();
    clock.advance(100);
    expect(queue.depth).toBe(0);
    expect(down).toBe(false);
    queue.done("a");
    await end;
    expect(await queue.take()).toBeUndefined();
  });

  test("says how long work has been unfinished while it runs", async () => {
    const { clock, queue, metric } = setup();
    queue.add("a");
    await queue.take();
    clock.advance(2500);
    expect(await metric("workqueue_unfinished_work_seconds")).toBe(2.5);
    queue.done("a");
    expect(await metric("workqueue_unfinished_work_seconds")).toBe(0);
    expect(await metric("workqueue_depth")).toBe(0);
  });

  test("loses no key and runs none twice at once, whatever the order of adds, takes and dones", async () => {
    const step = fc.record({
      op: fc.constantFrom("add", "take", "done"),
      key: fc.constantFrom("a", "b", "c"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { queue } = setup();
        const running = new Set<string>();
        const owed = new Set<string>();
        for (const { op, key } of steps) {
          if (op === "add") {
            queue.add(key);
            owed.add(key);
          } else if (op === "done") {
            if (running.delete(key)) queue.done(key);
          } else if (queue.depth > 0) {
            const taken = (await queue.take()) ?? "";
            expect(running.has(taken)).toBe(false);
            running.add(taken);
            owed.delete(taken);
          }
        }
        for (const key of running) queue.done(key);
        while (queue.depth > 0) {
          const taken = (await queue.take()) ?? "";
          owed.delete(taken);
          queue.done(taken);
        }
        expect([...owed]).toEqual([]);
      }),
    );
  });
});

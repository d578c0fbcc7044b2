import { expect, test } from "@jest/globals";
import { start } from "../src/index.ts";

/** Steps that leave something running each, and what has ended so far. */
function steps() {
  const ended: string[] = [];
  const run = (stack: AsyncDisposableStack, name: string, end = async () => {}) =>
    stack.defer(async () => {
      await end();
      ended.push(name);
    });
  return { ended, run };
}

test("what was started is ended in reverse order, each after the one before it", async () => {
  const { ended, run } = steps();
  const running = await start(async (stack) => {
    run(stack, "journal");
    run(stack, "server", () => new Promise((resolve) => setImmediate(resolve)));
    return { url: "http://localhost" };
  });
  expect(running.url).toBe("http://localhost");
  expect(ended).toEqual([]);
  await running.stop();
  expect(ended).toEqual(["server", "journal"]);
});

test("stopped twice it ends once, and both wait for the end", async () => {
  const { ended, run } = steps();
  const end = Promise.withResolvers<void>();
  const running = await start(async (stack) => {
    run(stack, "server", () => end.promise);
    return {};
  });
  const both = [running.stop(), running.stop()];
  end.resolve();
  await both[1];
  expect(ended).toEqual(["server"]);
  await both[0];
});

test("when a step fails, what runs already is ended, and the step's error is the one that is told", async () => {
  const { ended, run } = steps();
  const started = start(async (stack) => {
    run(stack, "journal");
    run(stack, "watch");
    throw Object.assign(new Error("taken"), { code: "EADDRINUSE" });
  });
  await expect(started).rejects.toMatchObject({ code: "EADDRINUSE" });
  expect(ended).toEqual(["watch", "journal"]);
});

test("an end that fails keeps the others from nothing, and is told", async () => {
  const { ended, run } = steps();
  const running = await start(async (stack) => {
    run(stack, "journal");
    run(stack, "watch", () => Promise.reject(new Error("the watch does not end")));
    run(stack, "server");
    return {};
  });
  await expect(running.stop()).rejects.toThrow("the watch does not end");
  expect(ended).toEqual(["server", "journal"]);
});

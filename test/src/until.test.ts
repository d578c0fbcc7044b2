import { expect, test } from "@jest/globals";
import { until } from "./until.ts";

const briefly = { timeoutMs: 1 };

/** Gives these one after the other, then the last one for ever; errors are thrown. */
function inTurn(...seen: unknown[]): () => unknown {
  let turn = 0;
  return () => {
    const next = seen[Math.min(turn++, seen.length - 1)];
    if (next instanceof Error) throw next;
    return next;
  };
}

test("asks until it holds, and gives what was seen then", async () => {
  const ask = inTurn(1, 2, 3, 4);
  expect(await until("a three", ask, (seen) => seen === 3)).toBe(3);
  expect(await until("the next", ask)).toBe(4);
});

test("an error counts as not yet", async () => {
  expect(await until("an answer", inTurn(new Error("away"), "there"))).toBe("there");
});

test("says what was waited for and what was seen last", async () => {
  const waiting = until("both pods", inTurn({ pods: ["a"] }), () => false, briefly);
  await expect(waiting).rejects.toThrow("waited 0.001 s for both pods; last seen: { pods: [ 'a' ] }");
});

test("passes on the error that was seen last", async () => {
  const away = new Error("connection refused");
  const waiting = until("an answer", inTurn(away), () => true, briefly);
  await expect(waiting).rejects.toMatchObject({
    message: "waited 0.001 s for an answer; last seen: Error: connection refused",
    cause: away,
  });
});

test("a question that took longer than the time is not the last one", async () => {
  let asked = 0;
  const slow = async () => {
    asked += 1;
    // The time is over before the first answer is there.
    if (asked === 1) await new Promise((resolve) => setTimeout(resolve, 20));
    return asked;
  };
  expect(await until("the second answer", slow, (seen) => seen === 2, briefly)).toBe(2);
});

test("ends at once when there is nothing left to wait for", async () => {
  const over = new AbortController();
  const waiting = until("nothing", () => undefined, Boolean, { signal: over.signal });
  over.abort();
  await expect(waiting).rejects.toMatchObject({ code: "ABORT_ERR" });
});

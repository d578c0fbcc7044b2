import { turn } from "@companyos/service/testing/manual-clock";
import { describe, expect, test } from "@jest/globals";
import { pooled } from "../src/index.ts";

/** Work on numbers, each of which ends when it is told to. */
function byHand() {
  const begun: number[] = [];
  const ends = new Map<number, (error?: Error) => void>();
  const work = (item: number) => {
    begun.push(item);
    return new Promise<number>((done, failed) => {
      ends.set(item, (error) => (error ? failed(error) : done(item * 10)));
    });
  };
  return { begun, work, end: (item: number, error?: Error) => ends.get(item)!(error) };
}

describe("pooled", () => {
  test("begins no more at once than its width, and gives the results in the items' order", async () => {
    const { begun, work, end } = byHand();
    const all = pooled([1, 2, 3], 2, work);
    expect(begun).toEqual([1, 2]);
    end(2);
    await turn();
    expect(begun).toEqual([1, 2, 3]);
    for (const item of [3, 1]) end(item);
    expect(await all).toEqual([10, 20, 30]);
    expect(await pooled([], 2, work)).toEqual([]);
  });

  test("begins nothing after the first error, and throws it once what was under way has ended", async () => {
    const { begun, work, end } = byHand();
    let settled = false;
    const all = pooled([1, 2, 3, 4, 5], 2, work).finally(() => {
      settled = true;
    });
    all.catch(() => {});
    end(1, new Error("first"));
    await turn();
    expect({ begun, settled }).toEqual({ begun: [1, 2], settled: false });
    end(2, new Error("second"));
    await expect(all).rejects.toThrow("first");
    expect(begun).toEqual([1, 2]);
  });

  test("takes work that throws at once for work that failed", async () => {
    let begun = 0;
    const all = pooled([1, 2, 3], 1, () => {
      begun++;
      throw new Error("at once");
    });
    await expect(all).rejects.toThrow("at once");
    expect(begun).toBe(1);
  });
});

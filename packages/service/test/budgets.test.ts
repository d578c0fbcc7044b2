import { describe, expect, test } from "@jest/globals";
import {
  addressName,
  BusyError,
  ConcurrencyLimit,
  createExpiring,
  OverBudget,
  QuestionBudget,
  type QuestionLimits,
  Semaphore,
} from "../src/index.ts";
import { turn } from "./manual-clock.ts";

const good = Boolean;

describe("a budget of questions that come to nothing", () => {
  const clock = { ms: 0 };
  const budgets = (burst: number) =>
    new QuestionBudget({ atOnce: 3, each: 2, burst, perSecond: 1 }, () => clock.ms);

  test("is used up by what comes to nothing, and comes back with time", async () => {
    const b = budgets(2);
    const ask = () => b.ask("a", async () => false, good);
    expect([await ask(), await ask()]).toEqual([false, false]);
    await expect(ask()).rejects.toThrow(OverBudget);
    clock.ms += 1000;
    expect(await ask()).toBe(false);
    await expect(ask()).rejects.toThrow(OverBudget);
  });

  test("is not touched by good answers, nor by what others ask", async () => {
    const b = budgets(1);
    for (let i = 0; i < 10; i++) expect(await b.ask("a", async () => true, good)).toBe(true);
    await b.ask("b", async () => false, good);
    await expect(b.ask("b", async () => true, good)).rejects.toThrow(OverBudget);
    expect(await b.ask("a", async () => true, good)).toBe(true);
  });

  test("is used up by questions that fail, too; but that is what the name is told, and it comes back", async () => {
    const b = budgets(1);
    const away = new Error("away");
    await expect(b.ask("a", () => Promise.reject(away), good)).rejects.toThrow("away");
    let asked = false;
    const ask = async () => {
      asked = true;
      return true;
    };
    await expect(b.ask("a", ask, good)).rejects.toMatchObject({ code: "NOT_ASKED", cause: away });
    expect(asked).toBe(false);
    clock.ms += 1000;
    expect(await b.ask("a", ask, good)).toBe(true);
    expect(await b.ask("a", ask, good)).toBe(true);
  });

  test("lets few ask at once: of one name, and of all", async () => {
    const b = budgets(10);
    const answers: ((answer: boolean) => void)[] = [];
    const ask = (name: string) =>
      b.ask(name, () => new Promise<boolean>((resolve) => answers.push(resolve)), good);
    const asked = [ask("a"), ask("a")];
    await expect(ask("a")).rejects.toThrow(BusyError);
    asked.push(ask("b"));
    await expect(ask("c")).rejects.toThrow(BusyError);
    for (const answer of answers) answer(true);
    expect(await Promise.all(asked)).toEqual([true, true, true]);
  });

  test("lets some wait for their turn, where it says so; all of them are asked, or told", async () => {
    const limits = { atOnce: 3, each: 1, waiting: 2, burst: 2, perSecond: 0 };
    const b = new QuestionBudget(limits, () => clock.ms);
    const answers: ((answer: boolean) => void)[] = [];
    const ask = () => b.ask("a", () => new Promise<boolean>((resolve) => answers.push(resolve)), good);
    const asked = [ask(), ask(), ask()];
    await expect(ask()).rejects.toThrow(BusyError);
    for (const [i, answer] of [true, false, false].entries()) {
      expect(answers.length).toBe(i + 1);
      answers[i]!(answer);
      expect(await asked[i]).toBe(answer);
      await Promise.resolve();
    }
    const late = [ask(), ask(), ask()];
    expect((await Promise.allSettled(late)).map(({ status }) => status)).toEqual(Array(3).fill("rejected"));
  });

  /** Questions that are open until they are ended, by name, in the order in which they were asked. */
  const open = (limits: Partial<QuestionLimits>) => {
    const b = new QuestionBudget(
      { atOnce: 2, each: 2, waiting: 9, burst: 9, perSecond: 0, ...limits },
      () => clock.ms,
    );
    const begun: string[] = [];
    const ends: ((result: boolean) => void)[] = [];
    const question = (name: string) => () => {
      begun.push(name);
      return new Promise<boolean>((resolve) => ends.push(resolve));
    };
    const ask = (name: string) => b.ask(name, question(name), good);
    return { begun, ask, end: (i: number, result = true) => ends[i]!(result) };
  };

  test("names that wait take turns, however much one of them wants", async () => {
    const { begun, ask, end } = open({});
    const all = ["a", "a", "a", "a", "a", "b", "c"].map(ask);
    for (let i = 0; i < all.length; i++) {
      end(i);
      await turn();
    }
    expect(begun).toEqual(["a", "a", "a", "b", "c", "a", "a"]);
    expect(await Promise.all(all)).toEqual(Array(7).fill(true));
  });

  test("a question under way that may come to nothing makes the next one wait, and does not refuse it", async () => {
    const { begun, ask, end } = open({ burst: 1 });
    const all = [ask("a"), ask("a"), ask("a")];
    expect(begun).toEqual(["a"]);
    end(0);
    await turn();
    expect(begun).toEqual(["a", "a"]);
    end(1, false);
    await expect(all[2]).rejects.toThrow(OverBudget);
    expect(await Promise.all(all.slice(0, 2))).toEqual([true, false]);
  });

  test("when too many wait, who has most in line gives way to who has less, and nobody to who has as much", async () => {
    const { ask, begun, end } = open({ atOnce: 1, waiting: 300 });
    const [first, ...many] = [..."x", ...Array(300).fill("a"), ...Array(212).fill("b")].map(ask);
    const told = Promise.allSettled(many);
    const c = ask("c");
    const b = ask("b");
    const most = ask("a");
    await expect(most).rejects.toThrow(BusyError);
    end(0);
    await turn();
    for (let i = 1; begun.length > i; i++) {
      end(i);
      await turn();
    }
    expect(await Promise.all([first, b, c])).toEqual([true, true, true]);
    const refused = (await told).flatMap(({ status }, i) => (status === "rejected" ? [i] : []));
    expect(refused).toEqual([298, 299]);
  });

  test("keeps no more than so many names", async () => {
    const b = budgets(1);
    await b.ask("first", async () => false, good);
    for (let i = 0; i < 4_096; i++) await b.ask(`n${i}`, async () => false, good);
    expect(await b.ask("first", async () => false, good)).toBe(false);
  });
});

test.each([
  ["10.0.0.7", "10.0.0.7"],
  ["::ffff:10.0.0.7", "10.0.0.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  [undefined, ""],
])("an address is known as one machine can have it: %s is %s", (address, name) => {
  expect(addressName(address)).toBe(name);
});

test("an answer is remembered for its time, and the one unused for longest goes first", () => {
  const clock = { ms: 0 };
  const answers = createExpiring<string>(10, () => clock.ms, 2);
  answers.set("a", "1");
  answers.set("b", "2");
  expect(answers.get("a")).toBe("1");
  answers.set("c", "3");
  expect([answers.get("a"), answers.get("b"), answers.get("c")]).toEqual(["1", undefined, "3"]);
  clock.ms = 10;
  expect(answers.get("a")).toBeUndefined();
});

test("readers take turns: so many at once, so many wait, the next is told to come back", async () => {
  const turns = new Semaphore(1, 1);
  const ends: (() => void)[] = [];
  const read = () => turns.run(() => new Promise<void>((resolve) => ends.push(resolve)));
  const [first, second] = [read(), read()];
  await expect(read()).rejects.toMatchObject({ code: "BUSY" });
  expect(ends.length).toBe(1);
  ends[0]!();
  await first;
  ends[1]!();
  await second;
  expect(await turns.run(async () => "free")).toBe("free");
});

test("nobody takes what is there for all: a user has a share, and gives it back", () => {
  const shares = new ConcurrencyLimit(3, 2);
  const ends = [shares.take("owner"), shares.take("owner")];
  expect(() => shares.take("owner")).toThrow(expect.objectContaining({ code: "BUSY" }));
  shares.take("auditor");
  expect(() => shares.take("another")).toThrow(expect.objectContaining({ code: "BUSY" }));
  ends[0]!();
  shares.take("owner");
});

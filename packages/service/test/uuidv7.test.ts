import { expect, test } from "@jest/globals";
import { uuidv7 } from "../src/uuidv7.ts";

test("ids are UUIDv7, rise always, and do not repeat", () => {
  const ids = [1_700_000_000_000, 1_700_000_000_000, 1_600_000_000_000].flatMap((now) =>
    Array.from({ length: 5000 }, () => uuidv7(now)),
  );
  expect(
    ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
  ).toBe(true);
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});

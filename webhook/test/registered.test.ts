import { readdirSync, readFileSync } from "node:fs";
import { readers } from "@companyos/policies";
import { expect, test } from "@jest/globals";
import { registered } from "../src/registered.ts";

test("every kind that is read is one the webhook is registered for, and no other", () => {
  expect(Object.keys(registered).sort()).toEqual(readers.flatMap(({ resources }) => [...resources]).sort());
});

test("no file of the webhook writes the URL of a request anywhere", () => {
  const folder = new URL("../src/", import.meta.url);
  const sources = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), "utf8"));
  for (const text of sources) expect(text).not.toMatch(/(?:originalUrl|request\.url)\b/);
});

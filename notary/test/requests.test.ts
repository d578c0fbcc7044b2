/** Invalid requests: the response names the field and what was expected. */

import { describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { requestSchemas } from "../src/index.ts";
import { listRequestOf, proveRequestOf } from "../src/server/requests.ts";

const invalid = (read: () => unknown) => {
  try {
    return read();
  } catch (error) {
    const { code, invalid } = error as { code: string; invalid: unknown };
    return { code, ...(invalid as object) };
  }
};

describe("a request for evidence", () => {
  test.each([
    [undefined, "", "a JSON object"],
    [[], "", "a JSON object"],
    [{}, "tenant", "the name of a Tenant"],
    [{ tenant: "Acme" }, "tenant", "the name of a Tenant"],
    [{ tenant: "acme", uid: "1" }, "uid", "no such field"],
    [{ tenant: "acme", nonce: "a\nb" }, "nonce", "a line of 1 to 256 characters"],
    [{ tenant: "acme", period: "2026" }, "period", "{from?, to?}"],
    [{ tenant: "acme", period: { form: "2026-01-31T00:00:00Z" } }, "period.form", "no such field"],
    [{ tenant: "acme", period: { from: "yesterday" } }, "period.from", expect.stringContaining("2026-01-31")],
    [{ tenant: "acme", disclose: ["user", "salary"] }, "disclose[1]", expect.stringContaining("namespace")],
    [{ tenant: "acme", since: Array(9).fill("x") }, "since", "a list of at most 8 signed checkpoints"],
    [{ tenant: "acme", since: ["x", 1] }, "since[1]", "a list of at most 8 signed checkpoints"],
  ])("%j is refused for %j", (body, path, expected) => {
    expect(invalid(() => proveRequestOf(body, "jane"))).toEqual({ code: "bad_request", path, expected });
  });

  test("is read with its defaults: times in seconds, names once and sorted", () => {
    expect(proveRequestOf({ tenant: "acme" }, "jane")).toEqual({
      tenant: "acme",
      user: "jane",
      audience: null,
      nonce: null,
    });
    const whole = {
      tenant: "acme",
      audience: "dpa",
      nonce: null,
      period: { from: "1970-01-01T00:01:00Z", to: "1970-01-01t00:02:00+00:00" },
      disclose: ["user", "name", "user"],
      since: ["note"],
    };
    expect(proveRequestOf(whole, "jane")).toEqual({
      ...{ tenant: "acme", user: "jane", audience: "dpa", nonce: null, since: ["note"] },
      ...{ from: 60, to: 120, disclose: ["name", "user"] },
    });
  });
});

describe("a request for a list", () => {
  test.each([
    [{}, "", expect.stringContaining("a tenant, ?tenant=<name>")],
    [{ tenant: "acme", chain: "_log" }, "", expect.stringContaining("a tenant, ?tenant=<name>")],
    [{ tenant: "Acme" }, "tenant", "the name of a Tenant"],
    [{ tenant: "acme", bogus: "1" }, "bogus", "no such field"],
    [{ chain: "acme" }, "chain", "_log, the log's own receipts"],
    [{ tenant: ["acme", "globex"] }, "tenant", "one value"],
    [{ tenant: "acme", limit: "0" }, "limit", "at least 1"],
    [{ tenant: "acme", limit: "10001" }, "limit", "a number up to 10000, once"],
    [{ tenant: "acme", continue: "-1" }, "continue", expect.stringContaining("a number up to")],
    [{ tenant: "acme", since: "1" }, "since", expect.stringContaining("2026-01-31")],
  ])("%j is refused for %j", (query, path, expected) => {
    expect(invalid(() => listRequestOf(query))).toEqual({ code: "bad_request", path, expected });
  });

  test("that is refused as a whole is refused for its query", () => {
    expect(() => listRequestOf({})).toThrow(/^query: expected a tenant, \?tenant=<name>/);
  });

  test("is read with its defaults", () => {
    expect(listRequestOf({ tenant: "acme" })).toEqual({ tenant: "acme", limit: 100 });
    const whole = { chain: "_log", type: "key.endorsed", since: "1970-01-01T00:01:00Z", limit: "7" };
    expect(listRequestOf({ ...whole, continue: "12" })).toEqual({
      ...{ type: "key.endorsed", since: 60, limit: 7, before: 12 },
    });
  });
});

test("every request has a description in JSON Schema", () => {
  for (const schema of Object.values(requestSchemas).flatMap((parts) => Object.values<z.ZodType>(parts))) {
    const described = z.toJSONSchema(schema, { io: "input" });
    expect(described).toMatchObject({ type: "object", properties: expect.any(Object) });
  }
});

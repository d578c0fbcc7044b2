import { expect, test } from "@jest/globals";
import { createLogger } from "../src/index.ts";

function logged(run: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  run(
    createLogger({
      role: "test",
      level: "info",
      write: (line) => void lines.push(line),
      now: () => new Date(0),
    }),
  );
  return lines.map((line) => JSON.parse(line));
}

test("a line is one JSON object with time, level, msg, role and fields of all parents", () => {
  const lines = logged((log) => log.child({ a: 1 }).child({ b: 2 }).info("hello", { c: 3n }));
  expect(lines).toEqual([
    { time: "1970-01-01T00:00:00.000Z", level: "info", msg: "hello", role: "test", a: 1, b: 2, c: "3" },
  ]);
});

test("levels below the lowest are silent", () => {
  expect(logged((log) => log.debug("x"))).toEqual([]);
});

test("no token, bearer header or private key is ever printed, wherever it hides", () => {
  const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl";
  const key = "-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----";
  const [line] = logged((log) =>
    log.error(`sent ${jwt}`, {
      token: "opaque",
      headers: { Authorization: "Basic abc" },
      nested: [{ text: `Bearer xyz`, pem: key }],
      error: new Error("bad", { cause: new Error(`with ${jwt}`) }),
    }),
  );
  const text = JSON.stringify(line);
  for (const secret of [jwt, "opaque", "Basic abc", "xyz", "MIIabc"]) expect(text).not.toContain(secret);
  expect(text).toContain("bad");
});

test("a field called secret is hidden, the name of a Secret is not", () => {
  const [line] = logged((log) => log.info("made", { secret: "opaque", secretName: "companyos-webhook-tls" }));
  expect(line).toMatchObject({ secret: "[hidden]", secretName: "companyos-webhook-tls" });
});

test("errors keep name, code, message and cause; circles end", () => {
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  const error = Object.assign(new Error("no"), { code: "E_NO" });
  const [line] = logged((log) => log.info("x", { error, loop }));
  expect(line).toMatchObject({ error: { name: "Error", code: "E_NO", message: "no" } });
});

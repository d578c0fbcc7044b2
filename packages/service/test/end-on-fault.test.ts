import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "@jest/globals";

const run = (child: string) =>
  new Promise<{ code: unknown; log: string }>((resolve) =>
    execFile(process.execPath, [join(import.meta.dirname, child)], (error, _stdout, log) =>
      resolve({ code: error?.code, log }),
    ),
  );

test("a rejection that nobody waits for ends the process, with a line in its log that says why", async () => {
  const { code, log } = await run("dying-child.ts");
  expect(code).toBe(1);
  expect(JSON.parse(log)).toMatchObject({
    level: "error",
    role: "child",
    error: { message: "nobody waits for this" },
  });
});

test("a warning of Node's is a line in the log like any other", async () => {
  const { code, log } = await run("warning-child.ts");
  expect(code).toBeUndefined();
  expect(JSON.parse(log)).toMatchObject({
    level: "warn",
    role: "child",
    error: { name: "DeprecationWarning", code: "DEP0000", message: "this is old" },
  });
});

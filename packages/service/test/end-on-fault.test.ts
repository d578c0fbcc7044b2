import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "@jest/globals";

test("a rejection that nobody waits for ends the process, with a line in its log that says why", async () => {
  const child = join(import.meta.dirname, "dying-child.ts");
  const { code, log } = await new Promise<{ code: unknown; log: string }>((resolve) =>
    execFile(process.execPath, [child], (error, _stdout, log) => resolve({ code: error?.code, log })),
  );
  expect(code).toBe(1);
  expect(JSON.parse(log)).toMatchObject({
    level: "error",
    role: "child",
    error: { message: "nobody waits for this" },
  });
});

/** Nothing behind the ports knows a file system: the whole notary runs over any drivers. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";

test("a notary over drivers in memory takes, publishes and proves in a process that may write no file", async () => {
  const child = join(import.meta.dirname, "drivers-child.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--permission",
    "--allow-fs-read=*",
    "--disable-warning=SecurityWarning",
    child,
  ]);
  expect(JSON.parse(stdout)).toEqual({
    shipped: { acknowledged: 2, digest: expect.any(String) },
    valid: true,
    types: [
      "key.endorsed",
      "key.endorsed",
      "tenant.opened",
      "admission.blocked",
      "tenant.opened",
      "admission.blocked",
      "admission.blocked",
      "evidence.sealed",
    ],
    names: [
      "journal-1",
      "log",
      "receipt-1",
      "region-1",
      "statement-1",
      expect.stringMatching(/^tenant-[0-9a-f]{32}$/),
      expect.stringMatching(/^tenant-[0-9a-f]{32}$/),
    ],
  });
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, test } from "@jest/globals";
import { root } from "./program.ts";

test("npm test says its seed first, and passes on what is to end it", async () => {
  // In watch mode jest never ends by itself.
  const quick = spawn(
    process.execPath,
    ["test/run/quick.ts", "--watchAll", "--testPathPatterns=no-such-test"],
    {
      cwd: root,
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, COMPANYOS_SEED: "7" },
    },
  );
  const closed = once(quick, "close");
  try {
    const [line] = await once(createInterface(quick.stdout), "line");
    expect(line).toBe("COMPANYOS_SEED=7");
    quick.kill("SIGTERM");
    expect(await closed).toEqual([1, null]);
  } finally {
    try {
      process.kill(-quick.pid!, "SIGKILL");
    } catch {
      // Nobody is left of it.
    }
  }
}, 60_000);

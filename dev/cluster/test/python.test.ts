import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { ensurePython } from "../src/python.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "companyos-python-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("a machine without Python is told what to install", async () => {
  await expect(ensurePython(join(folder, "requirements.txt"), { PATH: folder })).rejects.toMatchObject({
    code: "PYTHON_MISSING",
    message: expect.stringMatching(/no python3; no python\).*python3-venv/s),
  });
});

test("a Python that is too old, or has no venv module, is named with what is wrong with it", async () => {
  await writeFile(join(folder, "python3"), '#!/bin/sh\necho "[3, 8, 20]"\n', { mode: 0o755 });
  await writeFile(join(folder, "python"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  await expect(ensurePython(join(folder, "requirements.txt"), { PATH: folder })).rejects.toMatchObject({
    code: "PYTHON_MISSING",
    message: expect.stringContaining("python3 is 3.8; python cannot make virtual environments"),
  });
});

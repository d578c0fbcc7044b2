import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { buildProgram } from "../src/bundle.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "companyos-bundle-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the program in one file has what verbs load late, packages of CommonJS too", async () => {
  const program = await buildProgram(root, folder);
  const values = join(folder, "values.yaml");
  await writeFile(values, "webhook: { replica: 3 }\n");
  const words = ["check", "-f", "examples/quickstart", "--values", values];
  await expect(
    promisify(execFile)(process.execPath, [program, ...words], { cwd: root }),
  ).rejects.toMatchObject({
    ...{ code: 2, stderr: expect.stringContaining("webhook.replica is no value of the chart") },
  });
}, 120_000);

/** What Prometheus' own tool makes of rules and of tests of them. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ensureTool } from "@companyos/cluster";

const run = promisify(execFile);

/** What it prints of these files. Rejects with it when one of them fails. */
export async function promtool(what: "check" | "test", ...files: readonly string[]): Promise<string> {
  return (await run(await ensureTool("promtool"), [what, "rules", ...files])).stdout;
}

/** The same of files that are made for it, all in one folder. `given`: those that it gets named, default all. */
export async function promtoolOn(
  what: "check" | "test",
  contents: Readonly<Record<string, object>>,
  given = Object.keys(contents),
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "companyos-promtool-"));
  try {
    for (const [name, content] of Object.entries(contents))
      await writeFile(join(folder, name), JSON.stringify(content));
    return await promtool(what, ...given.map((name) => join(folder, name)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

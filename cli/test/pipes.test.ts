import { expect, test } from "@jest/globals";
import { run } from "./command.ts";
import { temporaryFolder } from "./folder.ts";

const { inFolder, file } = temporaryFolder("companyos-pipes-");

/** What a command line says on standard error, and ends with, where nobody reads its standard output any more. */
async function unread(...words: string[]): Promise<{ code: string; stderr: string }> {
  await file("here", "");
  const fifo = inFolder(`go-${words.length}`);
  const line = [process.execPath, "dev/product/bin/companyos.js", ...words]
    .map((word) => `'${word}'`)
    .join(" ");
  // The reader has closed its end before the command is let start.
  const script = `mkfifo '${fifo}'
{ read -r _ < '${fifo}'; ${line}; echo "ended with $?" >&2; } | { exec 0<&-; echo go > '${fifo}'; }`;
  const { stderr } = await run("bash", ["-c", script]);
  const [, code = ""] = /ended with (\d+)\n$/.exec(stderr) ?? [];
  return { code, stderr: stderr.replace(/ended with \d+\n$/, "") };
}

test.each([
  [["help"]],
  [["check", "-f", "examples/story/web-in-us.yaml", "--with", "examples/quickstart"]],
  [["version", "--output", "json"]],
])("%j ends as by SIGPIPE once nobody reads it, without a stack, and not with 0 or 1", async (words) => {
  expect(await unread(...words)).toEqual({ code: "141", stderr: "" });
});

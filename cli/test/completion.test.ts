import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reasons } from "@companyos/policies";
import { receiptTypes } from "@companyos/receipts";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { namesOf } from "../src/completion/names.ts";
import { completionScript } from "../src/completion/script.ts";
import { program } from "../src/program.ts";
import { root, run } from "./command.ts";

/** As `aws eks update-kubeconfig` calls them. */
const eks = ["prod", "test"].map((name) => `arn:aws:eks:eu-west-1:123456789012:cluster/${name}`);

let dir: string;
let kubeconfig: string;
/** Takes connections and says nothing. */
let silent: Server;
const connections = new Set<Socket>();

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "completion-"));
  silent = createServer((socket) => void connections.add(socket));
  await once(silent.listen(0, "127.0.0.1"), "listening");
  const server = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  kubeconfig = join(dir, "config");
  const context = (name: string) => ({ name, context: { cluster: "silent", user: "me" } });
  const config = {
    contexts: [context("prod-eu"), context("prod-us"), context("$(touch x)"), ...eks.map(context)],
    clusters: [{ name: "silent", cluster: { server } }],
    users: [{ name: "me", user: { token: "me" } }],
    "current-context": "prod-eu",
  };
  await writeFile(kubeconfig, JSON.stringify(config));
});
afterAll(async () => {
  for (const socket of connections) socket.destroy();
  silent?.close();
  await rm(dir, { recursive: true, force: true });
});

/** What bash makes of a command line that ends where somebody presses the tabulator. */
async function completed(...words: string[]): Promise<string[]> {
  // However busy this machine is: whatever is there to be known is waited for.
  return completedWithin(60_000, words);
}

/** Without blanks where bash splits without one. */
function lineOf(words: readonly string[]): string {
  const isGlued = (word: string, before: string) => /^[:=]/.test(word) || /[:=]$/.test(before);
  return ["companyos", ...words].reduce((line, word) => `${line}${isGlued(word, line) ? "" : " "}${word}`);
}

async function completedWithin(ms: number, words: readonly string[]): Promise<string[]> {
  const quoted = words.map((word) => `'${word}'`).join(" ");
  const ask = [
    completionScript("bash", program()),
    `companyos() { COMPANYOS_COMPLETION_MS=${ms} '${process.execPath}' '${root}/dev/product/bin/companyos.js' "$@"; }`,
    `COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'; COMP_LINE='${lineOf(words)}'; COMP_POINT=\${#COMP_LINE}`,
    `COMP_WORDS=(companyos ${quoted}); COMP_CWORD=${words.length}; _companyos`,
    `printf "%s\\n" "\${COMPREPLY[@]}"`,
  ].join("\n");
  const { stdout, stderr } = await run("bash", ["-c", ask]);
  expect(stderr).toBe("");
  return stdout.split("\n").filter(Boolean);
}

test("values of flags, and words behind a verb, are completed by the names there are", async () => {
  expect(await completed("explain", "CROSS_")).toEqual(["CROSS_REGION"]);
  expect(await completed("receipts", "list", "--type", "admission.b")).toEqual(["admission.blocked"]);
  expect(await completed("receipts", "list", "--type", "=", "admission.b")).toEqual(["admission.blocked"]);
  expect(await completed("receipts", "list", "--type", "=")).toHaveLength(receiptTypes.length);
  expect(await completed("receipts", "list", "--output", "j")).toEqual(["json"]);
});

test("a cluster that is silent, or not there, has no names, and says nothing of it", async () => {
  for (const file of [kubeconfig, join(dir, "nowhere")]) {
    expect(await completedWithin(1500, ["prove", "--kubeconfig", file, "--tenant", ""])).toEqual([]);
    expect(await completedWithin(1500, ["adopt", "--kubeconfig", file, ""])).toEqual([]);
  }
});

test("names that a shell would run or split are left out", async () => {
  expect(await namesOf("contexts", [`--kubeconfig=${kubeconfig}`])).toContain("$(touch x)");
  const typed = ["receipts", "list", "--kubeconfig", kubeconfig, "--context", ""];
  expect(await completed(...typed)).toEqual(["prod-eu", "prod-us", ...eks]);
});

test("a name with colons is completed past each of them, as bash splits it", async () => {
  const ask = ["unpin", "--kubeconfig", kubeconfig, "--context"];
  const after = (...typed: string[]) => completed(...ask, ...typed);
  expect(await after("arn")).toEqual(eks);
  expect(await after("arn", ":")).toEqual(eks.map((name) => name.slice("arn:".length)));
  const [, , , , , ...rest] = eks[0]!.split(":");
  const words = ["arn", ":", "aws", ":", "eks", ":", "eu-west-1", ":", "123456789012", ":"];
  expect(await after(...words, "cluster/p")).toEqual(rest);
  expect(await after("=", ...words, "cluster/t")).toEqual(["cluster/test"]);
  // What follows is a word of its own.
  expect(await after(...words, "cluster/prod", "--dry")).toEqual(["--dry-run"]);
});

// Its bashcompinit has the script run otherwise than bash does.
const hasZsh = (await run("zsh", ["-f", "-c", "exit"]).catch(() => ({ code: 1 }))).code === 0;
(hasZsh ? test : test.skip)("zsh completes the same, from words that it does not split", async () => {
  const inZsh = async (...words: string[]) => {
    const program_ = `'${process.execPath}' '${root}/dev/product/bin/companyos.js'`;
    const quoted = words.map((word) => `'${word}'`).join(" ");
    const ask = `compdef() { :; }
${completionScript("zsh", program())}
companyos() { COMPANYOS_COMPLETION_MS=60000 ${program_} "$@"; }
asked() { emulate -L sh; setopt kshglob noshglob braceexpand ksharrays
local -a COMP_WORDS; COMP_WORDS=(companyos ${quoted}); COMP_CWORD=${words.length}; COMP_LINE="companyos $*"
_companyos; print -rl -- "\${COMPREPLY[@]}" }
asked ${quoted}`;
    const { stdout, stderr } = await run("zsh", ["-f", "-c", ask]);
    expect(stderr).toBe("");
    return stdout.split("\n").filter(Boolean);
  };
  // What begins otherwise it leaves out itself.
  expect(await inZsh("receipts", "li")).toContain("list");
  expect(await inZsh("unpin", "--kubeconfig", kubeconfig, "--context", eks[0]!.slice(0, -3))).toContain(
    eks[0],
  );
  expect(await inZsh("receipts", "list", "--type=admission.b")).toContain("--type=admission.blocked");
});

test.each(["adopt", "release", "unpin", "conformance", "preview"])("%s takes a context", async (verb) => {
  expect(await completed(verb, "--cont")).toEqual(["--context"]);
});

test("what no list of names is, is none", async () => {
  expect(await namesOf("codes", [])).toEqual(expect.arrayContaining(reasons.map(({ code }) => code)));
  for (const kind of [undefined, "", "secrets", "__proto__"]) expect(await namesOf(kind, [])).toEqual([]);
});

test("the script for fish asks for the same names", () => {
  const script = completionScript("fish", program());
  expect(script).toMatch(/-l tenant -r -f -a '\(companyos __complete tenants \(commandline -opc\)\[2\.\.\]/);
  expect(script).toMatch(/seen_subcommand_from explain" -f -a '\(companyos __complete codes/);
  expect(script).toMatch(/-l output -s o -r -f -a 'text json'/);
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { rig } from "@companyos/notary/testing/rig";
import { expect, test } from "@jest/globals";
import { composeTrust, type NotaryIdentity, trustText } from "../src/trust/compose.ts";
import { webhook } from "../src/verbs/webhook.ts";
import { companyos, run } from "./command.ts";

/** Each is wrong use, or surroundings that are not there: exit code 2, one line that says what to do, no stack. */
const wrong: readonly (readonly string[])[] = [
  [],
  ["nonsense"],
  ["check"],
  ["check", "-f", "examples", "--output", "xml"],
  ["check", "-f", "examples", "-n="],
  ["check", "-f", "examples", "-n", "acme/"],
  ["check", "-f", "examples", "-n:acme"],
  ["check", "-f", "examples", "-n", "Bad_Name"],
  ["preview"],
  ["preview", "-f", "no-such-file"],
  ["preview", "-f", "examples", "--output", "xml"],
  ["preview", "-f", "examples", "--kubeconfig", "a-file"],
  ["preview", "-f", "examples", "--diff", "--kubeconfig", "no-such-file"],
  ["preview", "-f", "-", "--with", "-"],
  ["preflight", "--values", "no-such-file"],
  ["preflight", "--kubeconfig", "no-such-file"],
  ["preflight", "-n", "Bad_Name"],
  ["conformance"],
  ["conformance", "--tenant", "acme", "--attempts", "0"],
  ["conformance", "--tenant", "acme", "--seed", "x"],
  ["conformance", "--tenant", "acme", "--kubeconfig", "no-such-file"],
  ["adopt"],
  ["adopt", "acme"],
  ["adopt", "--tenant", "acme"],
  ["adopt", "--all", "acme"],
  ["adopt", "--all", "--tenant", "acme"],
  ["adopt", "--all", "--timeout", "soon"],
  ["adopt", "--all", "--kubeconfig", "no-such-file"],
  ["release"],
  ["release", "acme", "--left-behind"],
  ["release", "acme", "--timeout", "soon"],
  ["release", "acme", "--kubeconfig", "no-such-file"],
  ["verify"],
  ["verify", "README.md"],
  ["verify", "no-such-bundle", "--trust", "no-such-trust.json"],
  ["verify", "README.md", "--trust", "README.md"],
  ["verify", "README.md", "--trust", "trust.json", "--max-age", "soon"],
  ["prove"],
  ["prove", "--tenant", "acme", "--out", "README.md"],
  ["prove", "--tenant", "acme", "--out", "x", "--kubeconfig", "no-such-file"],
  ["prove", "--tenant", "acme", "--out", "x", "--since", "README.md"],
  ["prove", "--tenant", "acme", "--out", "x", "--since", "no-such-checkpoint"],
  ["prove", "--tenant", "acme", "--out", "x", "--timeout", "0"],
  ["prove", "--tenant", "acme", "--out", "x", "--notaries", "eu-west-1"],
  ["prove", "--tenant", "acme", "--out", "x", "--notaries", "eu-west-1=file:///log"],
  ["prove", "--tenant", "acme", "--out", "x", "--notaries", "EU=https://a.example"],
  ["status", "--notaries", "eu-west-1=https://a.example,eu-west-1=https://a.example"],
  ["status", "--notaries", "eu-west-1=https://a.example", "--notaries", "eu-west-1=https://a.example"],
  ["webhook", "--notaries", "eu-west-1=https://a.example,eu-west-1=https://b.example"],
  ["operator", "--notaries", "eu-west-1=https://a.example", "--notaries", "eu-west-1=https://b.example"],
  ["receipts"],
  ["receipts", "list"],
  ["receipts", "list", "--tenant", "acme", "--limit", "0"],
  ["receipts", "list", "--log", "eu-west-1", "--log", "us-east-1"],
  ["status", "extra"],
  ["status", "--kubeconfig", "no-such-file"],
  ["trust"],
  ["trust", "init"],
  ["trust", "show", "README.md"],
  ["trust", "show", "no-such-file"],
  ["completion"],
  ["completion", "tcsh"],
  ["operator", "--metrics-listen", "nowhere"],
  ["webhook", "--listen", "nowhere"],
  ["notary", "run", "--region", "NOT A REGION"],
];

test.each(wrong.map((words) => [words.join(" "), words] as const))(
  "companyos %s: exits with 2 and says what is wrong, without a stack",
  async (_line, words) => {
    const { code, stdout, stderr } = await companyos(...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.trim()).not.toBe("");
    expect(stderr).not.toMatch(/^\s+at /m);
  },
);

test("wrong use of a verb, and of a verb of a verb, points to its --help", async () => {
  for (const words of [["notary", "--no-such-flag"], ["notary", "init"], ["trust", "init"], ["verify"]])
    expect((await companyos(...words)).stderr).toMatch(/\(add --help for what this verb takes\)\n$/);
});

test("what is said twice or under no region is told, and neither of the two is dropped", async () => {
  const one = "eu-west-1=https://a.example";
  for (const [words, told] of [
    [["status", "--notaries", `${one},${one}`], /eu-west-1=https:\/\/a\.example is given twice/],
    [["status", "--notaries", one, "--notaries", one], /eu-west-1=https:\/\/a\.example is given twice/],
    [["webhook", "--notaries", `${one},eu-west-1=https://b.example`], /eu-west-1 is given twice/],
    [
      ["operator", "--notaries", one, "--notaries", "eu-west-1=https://b.example"],
      /eu-west-1 is given twice/,
    ],
    [["status", "--notaries", "EU=https://a.example"], /expected region=https:\/\/host:port, not EU=/],
    [["status", "--notaries", "eu=http://a.example"], /expected region=https:\/\/host:port, not eu=http:/],
  ] as const)
    expect((await companyos(...words)).stderr).toMatch(told);
});

test("what cannot be read is named, and what can be no name or time is refused before anybody is asked", async () => {
  const trust = join(await mkdtemp(join(tmpdir(), "use-")), "trust.json");
  await writeFile(trust, trustText(composeTrust([await identityOfRig()])));
  const asking = ["--kubeconfig", "no-such-file"];
  for (const [words, told] of [
    [["verify", "/nope", "--trust", trust], /^companyos: the evidence \/nope cannot be read \(ENOENT/],
    [["verify", "docs", "--trust", trust], /^companyos: the evidence docs cannot be read \(EISDIR/],
    [["check", "-f", "/nope"], /^companyos: \/nope cannot be read \(ENOENT/],
    [["check", "-f", "examples/quickstart", "--with", "/nope"], /^companyos: \/nope cannot be read \(ENOENT/],
    [["prove", "--tenant", "Acme", "--out", "x", ...asking], /--tenant Acme: no Tenant has such a name/],
    [["prove", "--tenant", "acme", "--out", "x", "--from", "x", ...asking], /--from x: expected a time such/],
    [
      ["prove", "--tenant", "acme", "--out", "x", "--to", "2026", ...asking],
      /--to 2026: expected a time such/,
    ],
    [
      ["prove", "--tenant", "acme", "--out", "x", "--from", "2026-02-31T00:00:00Z", ...asking],
      /--from 2026-02-31T00:00:00Z: expected a time such/,
    ],
    [["adopt", "", "--tenant", "acme"], /"": no namespace has such a name/],
    [["adopt", "acme", "--tenant", "Acme"], /--tenant Acme: no Tenant has such a name/],
    [["receipts", "list", "--tenant", "Acme", ...asking], /--tenant Acme: no Tenant has such a name/],
    [["receipts", "list", "--tenant", "acme", "--since", "x", ...asking], /--since x: expected a time such/],
  ] as const) {
    const { code, stderr } = await companyos(...words);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(told) });
  }
  await rm(dirname(trust), { recursive: true });
});

async function identityOfRig(): Promise<NotaryIdentity> {
  const made = await rig("eu-west-1");
  await made.remove();
  return made.opened.identity;
}

test("a flag of one value that is given two is told with both, and a list takes all", async () => {
  const prove = ["prove", "--tenant", "acme", "--out", "x", "--kubeconfig", "no-such-file"];
  for (const [words, told] of [
    [
      [...prove, "--disclose", "rid", "--disclose", "kind"],
      /--disclose <fields>.* is given twice, with rid and with kind/,
    ],
    [[...prove, "--tenant", "globex"], /--tenant <name>.* is given twice, with acme and with globex/],
    [
      ["receipts", "list", "--tenant", "acme", "--type", "a", "--type", "b"],
      /--type <type>.* is given twice/,
    ],
    [
      ["receipts", "list", "--tenant", "acme", "--since", "1", "--since", "2"],
      /--since <time>.* is given twice/,
    ],
    [["verify", "x", "--trust", "a", "--trust", "b"], /--trust <file>.* is given twice/],
    [["webhook", "--listen", ":1", "--listen", ":2"], /--listen <host:port>.* is given twice/],
    [
      ["webhook", "--caller-subjects", "a", "--caller-subjects", "b"],
      /--caller-subjects <names>.* is given twice/,
    ],
    [
      ["operator", "--notary-regions", "a", "--notary-regions", "b"],
      /--notary-regions <regions>.* is given twice/,
    ],
    [["status", "-n", "a", "--namespace", "b"], /--namespace <name>.* is given twice/],
  ] as const) {
    const { code, stderr } = await companyos(...words);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(told) });
  }
  const several = [...prove, "--log", "a", "--log", "b", "--lost", "c", "--lost", "d", "--tenant", "acme"];
  expect((await companyos(...several)).stderr).toMatch(/no-such-file/);
});

test("a list by commas stands in the place of its default: who names a caller lets in no other", () => {
  const command = webhook();
  command.parseOptions(["--caller-subjects", "a,b"]);
  expect(command.opts().callerSubjects).toEqual(["a", "b"]);
});

test("the program itself starts and ends with that exit code", async () => {
  const bin = ["dev/product/bin/companyos.js"];
  expect((await run(process.execPath, [...bin, "nonsense"])).code).toBe(2);
  expect(await run(process.execPath, [...bin, "--help"])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("Usage: companyos"),
  });
});

test("a file that is no trust file is named, whatever is wrong with it", async () => {
  for (const file of ["README.md", "docs", "no-such-trust.json"]) {
    for (const words of [
      ["trust", "show", file],
      ["verify", "README.md", "--trust", file],
    ])
      expect((await companyos(...words)).stderr).toContain(`${file} `);
  }
});

test("help exits with 0 and shows examples where a verb has some", async () => {
  for (const words of [
    ["--help"],
    ["help", "verify"],
    ["check", "--help"],
    ["receipts", "list", "--help"],
    ["prove", "--help"],
  ]) {
    const { code, stdout, stderr } = await companyos(...words);
    expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: "" });
    expect(stdout).toContain("Usage: companyos");
  }
});

test("version and --version tell the versions of program, policies and evidence", async () => {
  for (const words of [["version"], ["--version"]]) {
    const { code, stdout } = await companyos(...words, "--output", "json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      companyos: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      policies: "2.1.0-eu",
      digest: expect.stringMatching(/^sha256:/),
    });
  }
});

test("the scripts for bash and zsh are valid shell; in bash they complete verbs, sub-verbs, flags and files", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, stdout } = await companyos("completion", shell);
    expect({ shell, code }).toEqual({ shell, code: 0 });
    if (shell !== "fish") expect(await run("bash", ["-n"], stdout)).toMatchObject({ code: 0, stderr: "" });
  }
  const { stdout: script } = await companyos("completion", "bash");
  const typed: Record<string, string> = {
    "companyos re": "release receipts",
    "companyos receipts l": "list",
    "companyos receipts list --ten": "--tenant",
    "companyos verify --tr": "--trust",
    "companyos check -f examples/q": "examples/quickstart",
    "companyos verify README": "README.md",
    "companyos verify --trust README": "README.md",
    "companyos receipts list --token-file LIC": "LICENSE",
  };
  for (const [line, completed] of Object.entries(typed)) {
    const ask = `COMP_WORDS=(${line}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _companyos; echo "\${COMPREPLY[*]}"`;
    const { stdout } = await run("bash", ["-c", `${script}\n${ask}`]);
    expect({ line, completed: stdout.trim() }).toEqual({ line, completed });
  }
});

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canonicalTrust, type DeclaredLack, formatCheckpoint, signCheckpoint } from "@companyos/receipts";
import { ed25519Key } from "@companyos/receipts/testing/keys";
import { event, resign, sealed } from "@companyos/receipts/testing/log";
import { type Asked, TestLogs } from "@companyos/receipts/testing/logs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { companyos } from "./command.ts";

const [eu, us, ap] = ["eu-west-1", "us-east-1", "ap-south-1"];

let dir: string;
let logs: TestLogs;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "companyos-verify-"));
  logs = await TestLogs.of(eu, us, ap);
  for (let i = 0; i < 6; i++) await logs.block(eu, "9", "globex");
  await logs.block(eu, "1");
  await logs.block(eu, "2");
  await logs.move({ region: eu, uid: "2" }, { region: us, uid: "2" });
  await file("trust.json", canonicalTrust(logs.trust({ expires: "2100-01-01T00:00:00Z" })));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, text);
  return path;
}

/** Evidence that every notary but those of `lacks` was asked for. */
async function evidence(lacks: readonly DeclaredLack[] = [], asked: Asked = {}): Promise<string> {
  const responses = await logs.all(asked);
  for (const { region } of lacks) responses.delete(region);
  return file("acme.evidence", await logs.set(responses, lacks));
}

const verify = (path: string, ...words: string[]) =>
  companyos("verify", path, "--trust", join(dir, "trust.json"), ...words);

test("complete evidence: exit 0, with uids, homes and handles of every chain", async () => {
  const { code, stdout } = await verify(await evidence(), "--tenant", "acme");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^VALID +evidence of tenant acme, complete\n/);
  for (const { sub, uid, region } of logs.chains.filter(({ name }) => name === "acme")) {
    expect(stdout).toContain(`chain ${sub}, uid ${uid}`);
    expect(stdout).toContain(`${logs.log(region).origin} (${region}, EU)`);
  }
  expect(stdout).toContain(`${logs.log(ap).origin} (${ap}, EU) has no chain of this name, as of`);
});

test("what lacks is named, with what to do: exit 1, or 0 for who allows it", async () => {
  const path = await evidence([{ region: ap, reason: "unreachable" }]);
  const { code, stdout } = await verify(path);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^INCOMPLETE evidence of tenant acme/);
  expect(stdout).toContain(`LOG_LACKING: ${logs.log(ap).origin} did not respond (unreachable)`);
  expect(stdout).toContain("when its notary can be reached");
  const allowed = await verify(path, "--allow-incomplete", "--output", "json");
  expect(allowed.code).toBe(0);
  expect(JSON.parse(allowed.stdout)).toMatchObject({
    valid: true,
    complete: false,
    lacks: [{ code: "LOG_LACKING", region: ap, reason: "unreachable" }],
    covers: { tenant: "acme", blocks: 2 },
  });
});

test("what could only be counted, and what journals lost, is said in words, and the evidence is complete all the same", async () => {
  const other = await TestLogs.of(eu);
  await other.block(eu, "1");
  const gap = event({
    type: "journal.gap",
    decision: "none",
    reason: "JOURNAL_UNRECORDED",
    requested: [],
    count: 9,
    disclosable: {
      details: {
        answers: { block: 4, warn: 3, audit: 2 },
        first: Date.parse("2026-11-27T10:00:00Z"),
        last: Date.parse("2026-11-27T10:05:00Z"),
      },
    },
  });
  await other.add(other.chains[0]!, gap);
  const { tenant: _, ...lost } = { ...gap, reason: "JOURNAL_DELETED", count: 12, disclosable: {} };
  await other.log(eu).add("_log", lost);
  await other.log(eu).add("_log", { ...lost, reason: "JOURNAL_UNRECORDED_WITHOUT_HOME", count: 1206 });
  other.clock = other.log(eu).now;
  const trust = await file("gap.json", canonicalTrust(other.trust({ expires: "2100-01-01T00:00:00Z" })));
  const path = await file("gap.evidence", await other.set(await other.all()));
  const { code, stdout } = await companyos(
    "verify",
    path,
    "--trust",
    trust,
    "--metrics-file",
    join(dir, "gap.prom"),
  );
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^VALID .*complete\n/) });
  expect(stdout).toContain(
    `GAP        12 records of journals are lost to ${other.log(eu).origin}: JOURNAL_DELETED`,
  );
  expect(stdout).toContain(
    "unrecorded 9 responses of the webhook are counted, not recorded: what they were and when is not disclosed",
  );
  expect(stdout).toContain("blocks     1 request refused");
  expect(stdout).toContain(
    `elsewhere  1206 responses about Tenants that had no log, and are gone, are counted in ${other.log(eu).origin}`,
  );
  const metrics = await readFile(join(dir, "gap.prom"), "utf8");
  expect(metrics).toContain("residency_evidence_unrecorded 9\n");
  expect(metrics).toContain("residency_evidence_lost 12\n");
  const shown = await other.log(eu).bundle(other.chains[0]!.sub, { disclose: ["details"] });
  const told = await companyos(
    "verify",
    await file("told.evidence", shown),
    "--trust",
    trust,
    "--allow-incomplete",
  );
  expect(told.stdout).toContain(
    "not recorded: 4 refused, 3 warned, 2 audited, 2026-11-27T10:00:00Z to 2026-11-27T10:05:00Z",
  );
  expect((await verify(await evidence())).stdout).not.toMatch(/^(GAP|unrecorded|elsewhere) /m);
});

test("a log that is lost for good, and that somebody said so of, is incomplete evidence with a remedy, not invalid", async () => {
  const { code, stdout } = await verify(await evidence([{ region: us, reason: "lost" }]));
  expect({ code, stdout }).toEqual({
    code: 1,
    stdout: expect.stringMatching(/^INCOMPLETE evidence of tenant/),
  });
  expect(stdout).toContain("HANDOVER_LACKING: ");
  expect(stdout).toContain("Restore that log from a backup");
});

test("a bundle alone is incomplete where there are other logs, and invalid stays invalid", async () => {
  const alone = await file("alone.evidence", await logs.absence(ap).then((n) => `evidence 1\n${n}`));
  expect(await verify(alone)).toMatchObject({ code: 1, stdout: expect.stringMatching(/^INCOMPLETE/) });
  const cut = await file("cut.evidence", await logs.prove(us));
  const { code, stdout } = await verify(cut, "--allow-incomplete");
  expect({ code, stdout }).toMatchObject({ code: 1, stdout: expect.stringMatching(/^INVALID /) });
  expect(stdout).toContain("HANDOVER_TARGET_MISSING, see companyos explain HANDOVER_TARGET_MISSING");
});

/** Evidence with a type that this version does not know. */
async function fromLater(): Promise<{ path: string; trust: string }> {
  const later = await TestLogs.of(eu);
  await later.block(eu, "1");
  const log = later.log(eu);
  const { leaf } = await log.add(later.chains[0]!.sub, event());
  log.replace(
    log.receipts.length - 1,
    resign(log, leaf, (claims) => ({ ...claims, type: "tenant.merged" })),
  );
  await log.add(later.chains[0]!.sub, sealed());
  const trust = await file("later.json", canonicalTrust(later.trust({ expires: "2100-01-01T00:00:00Z" })));
  return { path: await file("later.evidence", await log.bundle(later.chains[0]!.sub)), trust };
}

test("what a later version signed is neither: exit 3", async () => {
  const { path, trust } = await fromLater();
  const { code, stdout } = await companyos("verify", path, "--trust", trust);
  expect({ code, stdout }).toMatchObject({
    code: 3,
    stdout: expect.stringMatching(/^UNKNOWN {2}needs a newer verifier: the type tenant\.merged/),
  });
});

test("a pin is a checkpoint that a trusted log signed, and of a log that the evidence is from", async () => {
  const size = 5;
  const checkpoint = await logs.log(eu).checkpoint(size);
  const pin = await file("eu.checkpoint", checkpoint);
  const { code, stdout } = await verify(await evidence(), "--pin", pin);
  expect({ code, stdout }).toMatchObject({ code: 1, stdout: expect.stringContaining("PINNED_UNPROVEN") });
  expect(stdout).toContain("prove --since");
  const responses = await logs.all();
  responses.set(eu, await logs.prove(eu, { continues: [size] }));
  const proved = await file("proved.evidence", await logs.set(responses));
  const good = await verify(proved, "--pin", pin);
  expect(good).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("continues the checkpoint of size 5"),
  });

  const { origin, logKey } = logs.log(us);
  const unsigned = formatCheckpoint({ origin, size: 999_999, root: new Uint8Array(32) });
  const forged = await signCheckpoint({ origin, size: 1, root: new Uint8Array(32) }, ed25519Key());
  const larger = await signCheckpoint({ origin, size: 999_999, root: new Uint8Array(32) }, logKey);
  const foreign = await signCheckpoint(
    { origin: "log.example", size: 1, root: new Uint8Array(32) },
    ed25519Key(),
  );
  for (const note of [unsigned, `${unsigned}\n`, forged, foreign, "no checkpoint"]) {
    const bad = await verify(proved, "--pin", await file("bad.checkpoint", note));
    expect(bad).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("no checkpoint signed by"),
    });
  }
  expect(await verify(proved, "--pin", await file("larger.checkpoint", larger))).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("ROLLED_BACK"),
  });
  // Of a trusted log, but not of one that this evidence is from.
  const idle = await file("us.checkpoint", await logs.log(us).checkpoint());
  const other = await file("ap.evidence", `evidence 1\n${await logs.absence(ap)}`);
  expect(await verify(other, "--pin", idle)).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringContaining(origin),
  });
});

test("metrics are written for a verdict, and for what was not judged they stay as they were", async () => {
  const metrics = join(dir, "verify.prom");
  const said = async () =>
    (await readFile(metrics, "utf8")).match(/^residency_evidence_(?:valid|complete) \d$/gm);
  const valid = await evidence();
  expect((await verify(valid, "--metrics-file", metrics)).code).toBe(0);
  expect(await said()).toEqual(["residency_evidence_valid 1", "residency_evidence_complete 1"]);

  const idle = await file("us.checkpoint", await logs.log(us).checkpoint());
  const other = await file("ap.evidence", `evidence 1\n${await logs.absence(ap)}`);
  expect((await verify(other, "--pin", idle, "--metrics-file", metrics)).code).toBe(2);
  const { path, trust } = await fromLater();
  const later = await companyos("verify", path, "--trust", trust, "--metrics-file", metrics);
  expect(later.code).toBe(3);
  expect(await said()).toEqual(["residency_evidence_valid 1", "residency_evidence_complete 1"]);

  const forged = await file("forged.evidence", (await readFile(valid, "latin1")).replace("\nr ", "\nr x"));
  expect((await verify(forged, "--metrics-file", metrics)).code).toBe(1);
  expect(await said()).toEqual(["residency_evidence_valid 0", "residency_evidence_complete 0"]);
});

test("a file of another kind is told by what it is, and where it belongs", async () => {
  const trust = join(dir, "trust.json");
  const whole = await evidence();
  const { origin } = logs.log(eu);
  const note = await signCheckpoint({ origin, size: 1, root: new Uint8Array(32) }, ed25519Key());
  const checkpoint = await file("a.checkpoint", note);
  const manifest = await file("m.yaml", "# a\n---\napiVersion: v1\nkind: Pod\n");
  const proof = await file("a.tlog-proof", "c2sp.org/tlog-proof@v1\nindex 0\n\n");
  const told = async (...words: string[]) => {
    const { code, stdout, stderr } = await companyos(...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    return stderr;
  };
  expect(await told("verify", trust, "--trust", trust)).toMatch(
    /no evidence, but a trust file: companyos trust show/,
  );
  expect(await told("verify", checkpoint, "--trust", trust)).toMatch(
    /no evidence, but a signed checkpoint: --pin/,
  );
  expect(await told("verify", manifest, "--trust", trust)).toMatch(/no evidence, but a Kubernetes manifest/);
  expect(await told("verify", proof, "--trust", trust)).toMatch(
    /but a proof without its receipt: companyos receipts show/,
  );
  for (const words of [
    ["trust", "show", whole],
    ["verify", trust, "--trust", whole],
  ])
    expect(await told(...words)).toMatch(/acme\.evidence is no trust file, but evidence: companyos verify/);
  expect(await told("verify", whole, "--trust", trust, "--pin", trust)).toMatch(
    /no checkpoint, but a trust file/,
  );
  // What is of no kind is what it was taken for.
  const odd = await file("odd", "something\n");
  expect(await told("trust", "show", odd)).toMatch(/odd is no trust file: .*\[[A-Z_]+\]/);
  expect(await told("trust", "show", await file("bad.json", '{"version": 1}'))).toMatch(/\[TRUST_REFUSED\]/);
});

test("what is no evidence at all is wrong use, and damaged evidence is invalid", async () => {
  const whole = await readFile(await evidence(), "latin1");
  const lines = whole.split("\n");
  const wrong = async (name: string, text: string) => {
    const { code, stdout } = await companyos(
      ...["verify", await file(name, text), "--trust", join(dir, "trust.json"), "--output", "json"],
    );
    return [code, JSON.parse(stdout).error];
  };
  for (const text of ["", "\n", " \r\n\n"])
    expect(await wrong("empty", text)).toEqual([
      2,
      { code: "FILE_EMPTY", message: expect.stringMatching(/is empty.*--out FILE, which appears whole/) },
    ]);
  for (const text of [
    "something\n",
    "companyos: no log responded\n",
    "\u007fELF\u0001",
    "<html>",
    "\0".repeat(5000),
  ])
    expect(await wrong("odd", text)).toEqual([
      2,
      { code: "NO_EVIDENCE", message: expect.stringMatching(/no evidence.*companyos prove --out FILE/) },
    ]);
  expect(await wrong("pod.yaml", "apiVersion: v1\nkind: Pod\n")).toMatchObject([2, { code: "NO_EVIDENCE" }]);
  const damaged = {
    "a first line with another letter": whole.replace("evidence", "evidense"),
    "no first line": lines.slice(1).join("\n"),
    "no first two lines": lines.slice(2).join("\n"),
    "no number": whole.replace(/^evidence \d+/, "evidence x"),
    "ends of lines of Windows": whole.replaceAll("\n", "\r\n"),
    "a byte order mark": `\ufeff${whole}`,
    "every second byte 0": [...whole.slice(0, 4000)].join("\0"),
    "a blank before": ` ${whole}`,
    "a first line only": "evidence 3\n",
  };
  for (const [name, text] of Object.entries(damaged)) {
    const { code, stdout } = await verify(await file("damaged", text));
    expect({ name, code, stdout }).toMatchObject({
      name,
      code: 1,
      stdout: expect.stringMatching(/^INVALID /),
    });
  }
});

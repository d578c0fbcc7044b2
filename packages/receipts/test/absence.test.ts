import {
  type Absence,
  decodeBase64url,
  formatAbsence,
  formatCheckpoint,
  formatVerifierKey,
  openAbsence,
  openCheckpoint,
  parseAbsence,
  parseCheckpoint,
  parseNote,
  parseTrust,
  parseVerifierKey,
  partOrigin,
  signAbsence,
  writeAbsence,
  writeEvidenceSet,
} from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { describe, expect, test } from "@jest/globals";
import { ed25519Key } from "./keys.ts";
import { origin, started, TestLog } from "./log.ts";

const absence: Absence = {
  origin,
  size: 7,
  root: new Uint8Array(32),
  time: started,
  tenant: "acme",
  audience: "auditor",
  nonce: null,
};
const signer = ed25519Key();
const key = parseVerifierKey(formatVerifierKey(origin, signer.publicKey));

describe("an absence", () => {
  test("is read back, and only under the log's own key", async () => {
    const note = await signAbsence(absence, signer);
    expect(await openAbsence(note, key, nodeCrypto)).toEqual(absence);
    const other = parseVerifierKey(formatVerifierKey(origin, ed25519Key().publicKey));
    await expect(openAbsence(note, other, nodeCrypto)).rejects.toMatchObject({ code: "ABSENCE_SIGNATURE" });
    const renamed = parseVerifierKey(formatVerifierKey("another.example", signer.publicKey));
    await expect(openAbsence(note, renamed, nodeCrypto)).rejects.toMatchObject({ code: "OTHER_LOG" });
  });

  test("never passes for a checkpoint, nor a checkpoint for it", async () => {
    const note = await signAbsence(absence, signer);
    await expect(openCheckpoint(note, key, nodeCrypto)).rejects.toMatchObject({ code: "CHECKPOINT_REFUSED" });
    expect(() => parseAbsence(formatCheckpoint(absence))).toThrow("an absence is");
    const posing = { ...absence, origin: "companyos.io/absence/v1" };
    expect(() => formatCheckpoint(posing)).toThrow("no origin");
    const text = `companyos.io/absence/v1\n7\n${Buffer.alloc(32).toString("base64")}\n`;
    expect(() => parseCheckpoint(text)).toThrow("no checkpoint");
    const trust = new TestLog().trust();
    const posed = { ...trust, logs: [{ ...trust.logs[0], origin: "companyos.io/absence/v1" }] };
    expect(() => parseTrust(JSON.stringify(posed))).toThrow("origin");
  });

  test.each([
    ["another header", (text: string) => text.replace("/v1", "/v2")],
    ["a line more", (text: string) => `${text}more\n`],
    ["a time of milliseconds", (text: string) => text.replace("Z\n", ".000Z\n")],
    ["white space in its JSON", (text: string) => text.replace(",", ", ")],
    ["a field more", (text: string) => text.replace("}", ',"more":1}')],
    ["no tenant", (text: string) => text.replace('"acme"', '""')],
    ["a nonce that is a number", (text: string) => text.replace("null}", "1}")],
    ["a size with a sign", (text: string) => text.replace("\n7\n", "\n+7\n")],
  ])("with %s is refused", (_what, change) => {
    const text = formatAbsence(absence);
    expect(parseAbsence(text)).toEqual(absence);
    expect(() => parseAbsence(change(text))).toThrow();
  });

  test("stands on one line, its checkpoints on the lines below", async () => {
    const note = await signAbsence(absence, signer);
    const proof = [new Uint8Array(32)];
    const lines = [...writeAbsence(note, [{ note: "old", proof }, { note: "now" }])];
    expect(lines.map((line) => line.split(" ").length)).toEqual([2, 3, 2]);
    expect(parseNote(Buffer.from(decodeBase64url(lines[0]!.slice(2, -1))!).toString()).text).toBe(
      formatAbsence(absence),
    );
    expect(partOrigin(lines[0]!)).toBe(origin);
  });
});

describe("a set", () => {
  const part = (name: string) => ({ origin: name, bytes: [Buffer.from(`log ${name} 1\n`)] });
  const written = async (...args: Parameters<typeof writeEvidenceSet>): Promise<string> => {
    const pieces: Uint8Array[] = [];
    for await (const bytes of writeEvidenceSet(...args)) pieces.push(bytes);
    return Buffer.concat(pieces).toString();
  };

  test("counts its parts, which stand by origin, and then the regions that gave none", async () => {
    const lacks = [
      { region: "us-east-1", reason: "unreachable" },
      { region: "ap-south-1", reason: "no_notary" },
    ];
    expect(await written([part("b.example"), part("a.example")], lacks)).toBe(
      "evidence 4\nlog a.example 1\nlog b.example 1\nl ap-south-1 no_notary\nl us-east-1 unreachable\n",
    );
  });

  test("has no log and no region twice, and no free text", async () => {
    await expect(written([part("a"), part("a")])).rejects.toThrow("twice");
    const lack = { region: "eu", reason: "refused" };
    await expect(written([], [lack, lack])).rejects.toThrow("twice");
    await expect(written([], [{ region: "eu", reason: "not reached" }])).rejects.toThrow("no reason");
  });

  test("a part's log is known by its first line", () => {
    expect(partOrigin(`log ${origin} 7\n`)).toBe(origin);
    expect(partOrigin("n AAAA\n")).toBeUndefined();
    expect(partOrigin("l eu-west-1 refused\n")).toBeUndefined();
    expect(partOrigin("")).toBeUndefined();
  });
});

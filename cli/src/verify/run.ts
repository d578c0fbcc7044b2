import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import {
  type KnownCheckpoint,
  openPin,
  Refusal,
  type Trust,
  type Verdict,
  verifyEvidence,
} from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { replaceFile } from "@companyos/service/files";
import { exitCodes, yesOrNo } from "../exit-codes.ts";
import { jsonText } from "../terminal.ts";
import { readTrust } from "../trust/compose.ts";
import { begun } from "./begin.ts";
import { enough, insteadOf, kindOfFile } from "./file-kinds.ts";
import type { VerifyFlags } from "./flags.ts";
import { verdictText } from "./print.ts";
import { verifySingle } from "./single.ts";
import { mustBeVerifiable } from "./wrong-file.ts";

/**
 * Prints the verdict; resolves to the exit code. Rejects when a file cannot be read, the trust file is none, or a pin is
 * of no log that matters here: then nothing was verified as it was asked.
 */
export async function verify(bundle: string, flags: VerifyFlags): Promise<number> {
  const trust = await readTrust(flags.trust);
  const pinned: KnownCheckpoint[] = [];
  for (const file of flags.pin) pinned.push(await readPin(file, trust));
  const input = bundle === "-" ? process.stdin : createReadStream(bundle, { highWaterMark: 256 * 1024 });
  const unreadable = (error: NodeJS.ErrnoException) => {
    // About the file, not about its content.
    throw error.syscall === undefined
      ? error
      : new Error(`the evidence ${bundle} cannot be read (${error.message})`);
  };
  const { begin, whole } = await begun(input).catch(unreadable);
  mustBeVerifiable(bundle, begin);
  if (kindOfFile(begin) === "receipt") return yesOrNo(await verifySingle(bundle, whole, trust, flags));
  const started = performance.now();
  const verdict = await verifyEvidence(whole, {
    trust,
    crypto: nodeCrypto,
    now: Date.now(),
    ...(flags.maxAge === undefined ? {} : { maxAge: flags.maxAge }),
    ...(flags.audience === undefined ? {} : { audience: flags.audience }),
    ...(flags.nonce === undefined ? {} : { nonce: flags.nonce }),
    ...(flags.tenant === undefined ? {} : { tenant: flags.tenant }),
    pinned,
  }).catch(unreadable);
  const milliseconds = performance.now() - started;
  if (!verdict.valid && verdict.code === "PIN_UNUSED")
    throw new Error(`--pin: ${verdict.message}, so the checkpoint would be ignored; leave this pin out`);
  // Evidence that is neither valid nor invalid has no figures.
  if (flags.metricsFile && (verdict.valid || verdict.code !== "NEEDS_NEWER_VERIFIER"))
    await writeMetrics(flags.metricsFile, milliseconds, verdict);
  console.log(flags.output === "json" ? jsonText(verdict) : verdictText(verdict));
  if (!verdict.valid) return verdict.code === "NEEDS_NEWER_VERIFIER" ? exitCodes.untold : exitCodes.no;
  return yesOrNo(verdict.complete || flags.allowIncomplete === true);
}

/** One run's figures in the text format. The file appears whole or not at all, as a textfile collector needs it. */
async function writeMetrics(file: string, milliseconds: number, verdict: Verdict): Promise<void> {
  const { Registry } = await import("prom-client");
  const { flowLatency, gauge } = await import("@companyos/service");
  const registry = new Registry();
  flowLatency(registry).observe({ flow: "verify" }, milliseconds);
  const tell = (name: string, help: string, value: number) => gauge(registry, { name, help }).set(value);
  tell("residency_evidence_valid", "1 if the evidence last verified was valid", verdict.valid ? 1 : 0);
  tell(
    "residency_evidence_complete",
    "1 if that evidence was valid and every log responded for every chain of the name",
    verdict.valid && verdict.complete ? 1 : 0,
  );
  if (verdict.valid) {
    const { outside, unrecorded, parts } = verdict.covers;
    const lost = parts.flatMap(({ gaps }) => gaps).reduce((sum, { records }) => sum + records, 0);
    tell("residency_evidence_outside", "Placements observed outside in that evidence", outside);
    tell(
      "residency_evidence_unrecorded",
      "Responses that it counts and has no receipts of their own for",
      unrecorded,
    );
    tell("residency_evidence_lost", "Records of journals that its logs say are lost, whoever's", lost);
  }
  await replaceFile(file, await registry.metrics(), { mode: "umask" });
}

async function readPin(file: string, trust: Trust): Promise<KnownCheckpoint> {
  const note = await readFile(file, "utf8").catch((error: Error) => {
    throw new Error(`the pinned checkpoint ${file} cannot be read (${error.message})`);
  });
  try {
    return await openPin(note, trust, nodeCrypto);
  } catch (error) {
    if (error instanceof Refusal)
      throw new Error(
        `${file} is ${insteadOf("checkpoint", note.slice(0, enough), `no checkpoint signed by a log of the trust file: ${error.message} [${error.code}]`)}`,
      );
    throw error;
  }
}

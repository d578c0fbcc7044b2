import { createReadStream } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import {
  encodeBase64,
  type KnownCheckpoint,
  parseCheckpoint,
  parseNote,
  type Verdict,
  verifyBundle,
} from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { printable } from "./table.ts";
import { readTrust } from "./trust.ts";

export interface VerifyFlags {
  readonly trust: string;
  readonly tenant?: string;
  readonly audience?: string;
  readonly nonce?: string;
  readonly maxAge?: number;
  readonly pin: readonly string[];
  readonly metricsFile?: string;
  readonly output: "text" | "json";
}

type Coverage = Extract<Verdict, { valid: true }>["covers"];

/** Prints the verdict; resolves to the exit code. Rejects when a file cannot be read or the trust file is none. */
export async function verify(bundle: string, flags: VerifyFlags): Promise<number> {
  const trust = await readTrust(flags.trust);
  const pinned = await Promise.all(flags.pin.map(readPin));
  const input = bundle === "-" ? process.stdin : createReadStream(bundle, { highWaterMark: 256 * 1024 });
  const started = performance.now();
  const verdict = await verifyBundle(input, {
    trust,
    crypto: nodeCrypto,
    now: Date.now(),
    ...(flags.maxAge === undefined ? {} : { maxAge: flags.maxAge }),
    ...(flags.audience === undefined ? {} : { audience: flags.audience }),
    ...(flags.nonce === undefined ? {} : { nonce: flags.nonce }),
    ...(flags.tenant === undefined ? {} : { tenant: flags.tenant }),
    pinned,
  });
  if (flags.metricsFile) await writeMetrics(flags.metricsFile, performance.now() - started, verdict);
  if (flags.output === "json") console.log(JSON.stringify(verdict, null, 2));
  else console.log(verdict.valid ? describe(verdict.covers) : refused(verdict));
  return verdict.valid ? 0 : 1;
}

/** One run's figures in the text format, appearing whole or not at all, as a textfile collector needs it. */
async function writeMetrics(file: string, milliseconds: number, verdict: Verdict): Promise<void> {
  const { Gauge, Registry } = await import("prom-client");
  const { flowLatency } = await import("@companyos/kube");
  const registry = new Registry();
  flowLatency(registry).observe({ flow: "verify" }, milliseconds);
  const gauge = (name: string, help: string, value: number) =>
    new Gauge({ name, help, registers: [registry] }).set(value);
  gauge("residency_evidence_valid", "1 if the evidence last verified was valid", verdict.valid ? 1 : 0);
  if (verdict.valid)
    gauge(
      "residency_evidence_outside",
      "Placements observed outside in that evidence",
      verdict.covers.outside,
    );
  await writeFile(`${file}.new`, await registry.metrics());
  await rename(`${file}.new`, file);
}

async function readPin(file: string): Promise<KnownCheckpoint> {
  const { origin, size, root } = parseCheckpoint(parseNote(await readFile(file, "utf8")).text);
  return { origin, size, root: encodeBase64(root) };
}

function refused(verdict: Extract<Verdict, { valid: false }>): string {
  const place = verdict.line > 0 ? ` (line ${verdict.line})` : "";
  return [
    `INVALID  ${printable(verdict.message)}${place}`,
    `reason   ${verdict.code}, see docs/verification.md#${verdict.code}`,
    `trust    version ${verdict.trust.version}, ${verdict.trust.fingerprint}`,
  ].join("\n");
}

function describe(covers: Coverage): string {
  const { log, period, counted, regions, checkpoint, trust } = covers;
  const names = (list: readonly string[]) => list.join(", ") || "none";
  const lines: [string, string][] = [
    ["VALID", `evidence of tenant ${covers.tenant}`],
    ["log", `${log.origin} (${log.region}, ${log.jurisdiction}), ${log.size} receipts`],
    ["period", `${period.from} to ${period.to}`],
    ["receipts", `${counted.receipts} of this tenant, without a gap, from ${counted.from} to ${counted.to}`],
    ...covers.receipts.map(({ type, decision, receipts, count }): [string, string] => [
      "",
      `${String(receipts).padStart(6)} ${type}${decision === "none" ? "" : `, ${decision}`}${count === receipts ? "" : ` (${count} answers)`}`,
    ]),
    ["blocks", `${covers.blocks} requests refused, first ones and repeats`],
    [
      "regions",
      `allowed ${names(regions.allowed)}; asked for ${names(regions.requested)}; observed ${names(regions.observed)}`,
    ],
    ["outside", `${covers.outside} placements observed outside`],
    ["for", `${covers.audience ?? "anybody"}${covers.nonce === null ? "" : `, nonce ${covers.nonce}`}`],
    ["disclosed", names(covers.disclosed)],
    [
      "time",
      `${checkpoint.time} by ${checkpoint.clock === "witnesses" ? `witnesses: ${names(checkpoint.witnesses)}` : "the notary's own clock (no witness cosigned)"}`,
    ],
    ["trust", `version ${trust.version}, ${trust.fingerprint}`],
  ];
  return lines.map(([label, text]) => `${label.padEnd(10)} ${printable(text)}`.trimEnd()).join("\n");
}

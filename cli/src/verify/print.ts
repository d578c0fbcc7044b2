import type { CheckpointCoverage, Counted, Coverage, Lack, Verdict } from "@companyos/receipts";
import { counted as many } from "../plural.ts";
import { printable } from "../terminal.ts";
import { remedyOf } from "./remedies.ts";

type Line = readonly [label: string, text: string];

const names = (list: readonly string[]): string => list.join(", ") || "none";

/** A verdict as people read it. */
export function verdictText(verdict: Verdict): string {
  if (!verdict.valid) return refused(verdict);
  const { complete, lacks, covers } = verdict;
  const head: Line = complete
    ? ["VALID", `evidence of tenant ${covers.tenant}, complete`]
    : ["INCOMPLETE", `evidence of tenant ${covers.tenant}: what is here is true, but not all of it is here`];
  return written([head, ...lacks.flatMap(lackLines), ...gapLines(covers), ...coverageLines(covers)]);
}

const written = (lines: readonly Line[]): string =>
  lines.map(([label, text]) => `${label.padEnd(10)} ${printable(text)}`.trimEnd()).join("\n");

function refused(verdict: Extract<Verdict, { valid: false }>): string {
  const place = verdict.line > 0 ? ` (line ${verdict.line})` : "";
  const newer = verdict.code === "NEEDS_NEWER_VERIFIER";
  const head = newer ? "UNKNOWN  needs a newer verifier: " : "INVALID  ";
  return [
    `${head}${printable(verdict.message)}${place}`,
    `reason   ${verdict.code}, see companyos explain ${verdict.code}`,
    `trust    version ${verdict.trust.version}, ${verdict.trust.fingerprint}`,
  ].join("\n");
}

function lackLines(lack: Lack): Line[] {
  return [
    ["lack", `${lack.code}: ${lack.message}`],
    ["", remedyOf(lack)],
  ];
}

/** Shown first. The evidence is valid and may be complete, yet records are lost, and nobody knows of which tenant. */
function gapLines({ parts }: Coverage): Line[] {
  return parts.flatMap(({ log, gaps }) =>
    gaps.flatMap(({ reason, records, from, to }): Line[] => [
      [
        "GAP",
        `${many(records, "record")} of journals ${records === 1 ? "is" : "are"} lost to ${log.origin}: ${reason}, logged ${spanOf(from, to)}`,
      ],
      [
        "",
        "Receipts of this tenant may be among them, and of others: no log can tell. Reconcile with the API",
      ],
      ["", `server's audit log of that time; see companyos explain ${reason}`],
    ]),
  );
}

/** They belong to no tenant of this evidence. They are not lost, and the reader is told of them. */
function withoutHomeLines({ parts }: Coverage): Line[] {
  return parts
    .filter(({ unrecordedWithoutHome }) => unrecordedWithoutHome > 0)
    .flatMap(({ log, unrecordedWithoutHome }): Line[] => [
      [
        "elsewhere",
        `${many(unrecordedWithoutHome, "response")} about Tenants that had no log, and are gone, ${unrecordedWithoutHome === 1 ? "is" : "are"} counted in ${log.origin}:`,
      ],
      ["", "none about a tenant of that log; see companyos explain JOURNAL_UNRECORDED_WITHOUT_HOME"],
    ]);
}

const spanOf = (from: string, to: string): string => (from === to ? from : `${from} to ${to}`);

/** Only where there are some. */
function unrecordedLines({ unrecorded, unrecordedTold: told }: Counted): Line[] {
  if (unrecorded === 0) return [];
  const each = told === null ? 0 : told.block + told.warn + told.audit;
  const of = each === unrecorded ? "" : `of ${each} it is known: `;
  const known =
    told === null
      ? "what they were and when is not disclosed"
      : `${of}${told.block} refused, ${told.warn} warned, ${told.audit} audited, ${spanOf(told.first, told.last)}`;
  return [
    [
      "unrecorded",
      `${many(unrecorded, "response")} of the webhook ${unrecorded === 1 ? "is" : "are"} counted, not recorded: ${known}`,
    ],
    ["", "no receipt says what was asked; see companyos explain JOURNAL_UNRECORDED"],
  ];
}

function coverageLines(covers: Coverage): Line[] {
  const { period, counted, regions, trust } = covers;
  return [
    ["period", `${period.from} to ${period.to}`],
    [
      "receipts",
      `${counted.receipts} of this tenant, without a gap in any chain, from ${counted.from} to ${counted.to}`,
    ],
    ...covers.receipts.map(({ type, decision, receipts, count }): Line => {
      const responses = count === receipts ? "" : ` (${many(count, "response")})`;
      return [
        "",
        `${String(receipts).padStart(6)} ${type}${decision === "none" ? "" : `, ${decision}`}${responses}`,
      ];
    }),
    ["blocks", `${many(covers.blocks, "request")} refused, first ones and repeats`],
    ...unrecordedLines(covers),
    ...withoutHomeLines(covers),
    [
      "regions",
      `allowed ${names(regions.allowed)}; asked for ${names(regions.requested)}; observed ${names(regions.observed)}`,
    ],
    ["outside", `${many(covers.outside, "placement")} observed outside`],
    ["for", `${covers.audience ?? "anybody"}${covers.nonce === null ? "" : `, nonce ${covers.nonce}`}`],
    ["disclosed", names(covers.disclosed)],
    ...covers.parts.flatMap(({ log, checkpoint, chains }): Line[] => [
      ["log", `${log.origin} (${log.region}, ${log.jurisdiction}), ${many(checkpoint.size, "receipt")}`],
      ...chains.map(({ handle, uid, opened, whole }): Line => {
        const shown = whole ? "" : ", shown from the period on";
        return ["", `  chain ${handle}, uid ${uid ?? "not shown"}, opened ${opened}${shown}`];
      }),
      ["", `  ${timeOf(checkpoint)}`],
    ]),
    ...covers.absences.flatMap(({ log, time, checkpoint }): Line[] => [
      ["log", `${log.origin} (${log.region}, ${log.jurisdiction}) has no chain of this name, as of ${time}`],
      ["", `  ${timeOf(checkpoint)}`],
    ]),
    ["trust", `version ${trust.version}, ${trust.fingerprint}`],
  ];
}

function timeOf({ time, clock, witnesses, known }: CheckpointCoverage): string {
  const linked = known.filter((each) => each.linked).map(({ size }) => size);
  const continues = linked.length === 0 ? "" : `; continues the checkpoint of size ${linked.join(", ")}`;
  const by =
    clock === "witnesses" ? `witnesses: ${names(witnesses)}` : "the notary's own clock (no witness cosigned)";
  return `time ${time} by ${by}${continues}`;
}

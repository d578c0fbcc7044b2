import { agoText } from "../durations.ts";
import { counted } from "../plural.ts";
import { printable } from "../terminal.ts";
import { type Listed, notDisclosed, objectOf } from "./print.ts";
import type { ShownVerdict } from "./verdict.ts";

type Line = readonly [label: string, text: string];

/** Said in lines of their own, or in the object. */
const told: ReadonlySet<string> = new Set(["rid", "namespace", "name", "tenant", "policies"]);

export interface Shown {
  readonly row: Omit<Listed, "uid"> & { readonly uid?: string | null; readonly log: string };
  /** Whose chain it is in; undefined: the log's own, null: it does not say itself. */
  readonly tenant: string | undefined | null;
  /** Receipts that count its repeats, oldest first. */
  readonly repeats?: readonly { readonly row: Pick<Listed, "idx" | "claims"> }[];
}

/** One receipt as people read it. `now`: ms since the epoch. */
export function shownText({ row, tenant, repeats = [] }: Shown, verdict: ShownVerdict, now: number): string {
  const { claims, disclosed, log, idx, uid } = row;
  const at = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z (${agoText(ms, now)})`;
  const regions = (names: readonly string[]) => names.join(", ") || "none";
  const lines: Line[] = [
    ["receipt", String(disclosed.rid ?? notDisclosed)],
    ["type", claims.type],
    ["tenant", whose(tenant, uid)],
    ["object", objectOf(claims.kind, disclosed)],
    ["decision", `${claims.decision}, ${claims.reason} (companyos explain ${claims.reason})`],
    ["requested", regions(claims.requested)],
    ["allowed", regions(claims.allowed)],
    ["count", String(claims.count)],
    ["happened", at(claims.at)],
    ...repeatedLines(claims.type, repeats, at),
    ["recorded", `${at(claims.iat * 1000)}, log ${log}, index ${idx}`],
    ...Object.entries(disclosed)
      .filter(([name, value]) => !told.has(name) && value !== null)
      .map(([name, value]): Line => [name, typeof value === "string" ? value : JSON.stringify(value)]),
    ...verdictLines(verdict, idx),
  ];
  const width = Math.max(...lines.map(([label]) => label.length));
  return lines.map(([label, text]) => `${label.padEnd(width)}  ${printable(text)}`.trimEnd()).join("\n");
}

/** The sender's clock says when it counted last. */
function repeatedLines(
  type: string,
  repeats: NonNullable<Shown["repeats"]>,
  at: (ms: number) => string,
): Line[] {
  const lines: Line[] =
    type === "admission.repeated"
      ? [["", "the receipt of the first one is not here: this one counts its repeats"]]
      : [];
  const last = repeats.at(-1)?.row;
  if (last === undefined) return lines;
  const count = repeats.reduce((sum, { row }) => sum + row.claims.count, 0);
  const where = repeats.map(({ row }) => row.idx).join(", ");
  return [
    ...lines,
    [
      "repeated",
      `${counted(count, "time")} until ${at(last.claims.at)}: index ${where}, type ${last.claims.type}`,
    ],
  ];
}

function whose(tenant: Shown["tenant"], uid: string | null | undefined): string {
  if (tenant === undefined) return "none: it is of the log's own chain";
  return tenant === null
    ? "of the chain that the log keeps for it; its evidence says whose"
    : `${tenant}, uid ${uid}`;
}

function verdictLines(verdict: ShownVerdict, idx: number): Line[] {
  const by: Line[] =
    verdict.believed === "notary"
      ? [["", "by the keys that the notary itself shows; --trust FILE checks by those that you believe"]]
      : [];
  if (!verdict.valid) return [["INVALID", `${verdict.message} (companyos explain ${verdict.code})`], ...by];
  const { kid, size, origin, withheld } = verdict;
  return [
    [
      "VALID",
      `signed by ${kid}, which the root key endorsed, and number ${idx} of the ${size} that ${origin} signed`,
    ],
    ...by,
    ...(withheld.length === 0
      ? []
      : ([
          [
            "withheld",
            `${withheld.join(", ")}: the receipt has a digest of each, and what ${withheld.length === 1 ? "it says" : "they say"} is not disclosed here`,
          ],
        ] as const)),
  ];
}

import { event, handle, observed, opened, resign, sealed, started, TestLog } from "../log.ts";
import { logged, type Made, provedFrom, type RefusalCase } from "./case.ts";

type Shown = { index: number; receipt: string }[];

const without = (index: number) => ({
  change: <S extends { receipts: unknown }>(source: S): S => ({
    ...source,
    receipts: (source.receipts as Shown).filter((receipt) => receipt.index !== index),
  }),
});

const undisclosed = (at: number) => ({
  change: <S extends { receipts: unknown }>(source: S): S => ({
    ...source,
    receipts: (source.receipts as Shown).map(({ index, receipt }, i, all) => ({
      index,
      receipt: i === (at < 0 ? all.length + at : at) ? `${receipt.split("~")[0]}~` : receipt,
    })),
  }),
});

/** A log that is written from scratch. */
const written = (
  code: RefusalCase["code"],
  what: string,
  write: (log: TestLog, sub: string) => Promise<unknown>,
): RefusalCase => {
  const make = async (): Promise<Made> => {
    const log = await TestLog.open();
    const sub = handle();
    await write(log, sub);
    return { log, input: await log.bundle(sub) };
  };
  return { code, what, make };
};

export const chainCases: RefusalCase[] = [
  logged("FOREIGN_RECEIPT", "a receipt of another tenant", async (log) => {
    const other = handle();
    await log.add(other, opened("globex"));
    const show = log.show.bind(log);
    const { source } = log;
    log.source = async (sub, showing) => {
      const made = await source.call(log, sub, showing);
      const foreign = { index: 4, receipt: show(log.receipts[4]!, []) };
      return { ...made, receipts: [...(made.receipts as Shown), foreign].sort((a, b) => a.index - b.index) };
    };
  }),
  logged("GENESIS_MISSING", "a chain without its genesis", async () => undefined, without(2)),
  written("GENESIS_MISSING", "a chain that begins with a block", async (log, sub) => {
    await log.add(sub, event());
    await log.add(sub, sealed());
  }),
  provedFrom("GENESIS_MISSING", "a bundle of nobody", (source) => ({
    ...source,
    receipts: (source.receipts as Shown).filter(({ index }) => index < 2),
  })),
  logged("GENESIS_MISSING", "a _log without its beginning", async (log) => {
    log.replace(
      0,
      resign(log, log.receipts[0]!.leaf, (claims) => ({ ...claims, seq: 3 })),
    );
  }),
  logged(
    "GENESIS_UNDISCLOSED",
    "a genesis that does not show its tenant",
    async () => undefined,
    undisclosed(2),
  ),
  provedFrom("SEAL_MISSING", "a chain whose tail was cut", (source) => ({
    ...source,
    receipts: (source.receipts as Shown).filter(({ index }) => index < 13),
  })),
  written("SEAL_MISSING", "a chain that was never sealed", async (log, sub) => {
    await log.add(sub, opened());
    await log.add(sub, event());
  }),
  logged("SEAL_UNDISCLOSED", "a seal that does not show its details", async () => undefined, undisclosed(-1)),
  provedFrom("SEQ_GAP", "a receipt left out inside the period", (source) => ({
    ...source,
    receipts: (source.receipts as Shown).filter(({ index }) => index !== 10),
  })),
  logged("SEQ_GAP", "a counter that jumps", async (log, sub) => {
    await log.add(sub, observed(), { seq: 5 });
  }),
  logged(
    "SEQ_GAP",
    "a gap in the log's own chain",
    async (log) => {
      await log.endorse("receipt-1", "receipt");
      await log.endorse("receipt-2", "receipt");
    },
    without(4),
  ),
  logged("SEQ_REPEATED", "a counter used twice", async (log, sub) => {
    await log.add(sub, event(), { seq: 1, prev: 2 });
  }),
  logged("SEQ_REPEATED", "a second genesis", async (log, sub) => {
    await log.add(sub, opened(), { seq: 0, prev: -1 });
  }),
  logged("PREV_MISMATCH", "a fork", async (log, sub) => {
    await log.add(sub, event(), { prev: 2 });
  }),
  written(
    "PREV_MISMATCH",
    "a predecessor's link that leaves no room for what was left out",
    async (log, sub) => {
      await log.add(sub, opened());
      await log.add(sub, event(), { seq: 5, prev: 2 });
      await log.add(sub, sealed());
    },
  ),
  provedFrom("PREDECESSOR_MISSING", "a period whose beginning may be cut", (source) => source, { from: 3 }),
  logged(
    "LOG_CHAIN_CUT",
    "the log's own chain cut at its end",
    async (log) => {
      await log.endorse("receipt-1", "receipt");
      log.kid = "receipt-0";
    },
    without(4),
  ),
  logged("SOURCE_REPEATED", "a journal's record twice", async (log, sub) => {
    await log.add(sub, event(), { n: 3 });
  }),
  logged("TIME_REVERSED", "a clock that runs back", async (log, sub) => {
    await log.add(sub, event(), { iat: started });
  }),
  logged("TIME_REVERSED", "a clock that runs back in the other chain", async (log) => {
    log.now = started;
    await log.endorse("receipt-1", "receipt");
  }),
  ...[
    ["a block of what is allowed", event({ requested: ["eu-west-1"] })],
    [
      "a block of what is allowed as of another region",
      event({ requested: ["eu-west-1"], reason: "CROSS_REGION" }),
    ],
    [
      "a placement inside that is told as one that nothing binds",
      { ...observed(), decision: "block" as const, reason: "REGION_UNCONSTRAINED" },
    ],
    ["a block that was decided otherwise", event({ decision: "allow" })],
    [
      "a repeat of a block of what is allowed",
      event({ type: "admission.repeated", requested: ["eu-west-1"] }),
    ],
    [
      "a warning of what is allowed",
      event({ type: "admission.warned", decision: "warn", requested: ["eu-west-1"] }),
    ],
    ["a placement outside that was let be", observed("us-east-1")],
    [
      "a placement without a region",
      event({ type: "placement.observed", decision: "none", requested: [], disclosable: {} }),
    ],
    ["a placement in an unknown region", observed("unknown")],
    ["a placement inside that is told as one outside", { ...observed(), decision: "block" as const }],
  ].map(([what, wrong]) =>
    logged("DECISION_CONTRADICTED", what as string, (log, sub) =>
      log.add(sub, wrong as ReturnType<typeof event>),
    ),
  ),
];

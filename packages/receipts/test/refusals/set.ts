import {
  type BundleSource,
  encodeBase64url,
  formatAbsence,
  formatVerifierKey,
  logChain,
  type RefusalCode,
  signAbsence,
  signNote,
  type VerifyOptions,
  writeAbsence,
} from "@companyos/receipts";
import { ed25519Key } from "../keys.ts";
import { handle, started } from "../log.ts";
import { type Asked, joined, TestLogs } from "../logs.ts";
import type { Made, RefusalCase } from "./case.ts";

const [eu, us, ap] = ["eu-west-1", "us-east-1", "ap-south-1"];

/** acme in eu and us, where it moved; ap has nothing of it. */
async function moved(): Promise<TestLogs> {
  const logs = await TestLogs.of(eu, us, ap);
  await logs.block(eu, "1");
  await logs.move({ region: eu, uid: "1" }, { region: us, uid: "1" });
  await logs.block(us, "1");
  return logs;
}

const cased = (
  code: RefusalCode,
  what: string,
  input: (logs: TestLogs) => Promise<string>,
  options: (logs: TestLogs) => Partial<VerifyOptions> = () => ({}),
): RefusalCase => {
  const make = async (): Promise<Made> => {
    const logs = await moved();
    const text = await input(logs);
    return { log: logs.log(eu), input: text, options: { trust: logs.trust(), ...options(logs) } };
  };
  return { code, what, make };
};

/** The honest set, changed by somebody without keys. */
const setText = (code: RefusalCode, what: string, change: (text: string) => string): RefusalCase =>
  cased(code, what, async (logs) => {
    const text = await logs.set(await logs.all());
    const changed = change(text);
    if (changed === text) throw new Error(`nothing was changed: ${what}`);
    return changed;
  });

/** Answers of which some were asked for otherwise. */
const responses = (code: RefusalCode, what: string, asked: Record<string, Asked>): RefusalCase =>
  cased(code, what, async (logs) => {
    const all = new Map<string, string>();
    for (const region of logs.logs.keys()) all.set(region, await logs.prove(region, asked[region] ?? {}));
    return logs.set(all);
  });

/** A part alone of a log with two chains of acme, its source or seal changed by whoever has the keys. */
const chained = (
  code: RefusalCode,
  what: string,
  asked: (logs: TestLogs) => Asked,
  chains = 2,
): RefusalCase => {
  const make = async (): Promise<Made> => {
    const logs = await TestLogs.of(eu);
    for (let i = 1; i <= chains; i++) {
      await logs.chain(eu, String(i), "acme", false);
      await logs.block(eu, String(i));
    }
    const input = await logs.bundle(eu, asked(logs));
    return { log: logs.log(eu), input, options: { trust: logs.trust() } };
  };
  return { code, what, make };
};

type Shown = { index: number; receipt: string }[];
const showing =
  (change: (shown: Shown) => Shown) =>
  (source: BundleSource): BundleSource => ({ ...source, receipts: change(source.receipts as Shown) });

/** Without the chain of that number. */
const hiding = (logs: TestLogs, number: number) =>
  showing((shown) => {
    const { sub } = logs.chains[number]!;
    return shown.filter(({ index }) => logs.log(eu).receipts[index]!.sub !== sub);
  });

/** Handovers that the operator, or whoever has its rights, made up. */
const handed = (code: RefusalCode, what: string, write: (logs: TestLogs) => Promise<unknown>): RefusalCase =>
  cased(code, what, async (logs) => {
    await write(logs);
    return logs.set(await logs.all());
  });

const home = (region: string, uid = "1") => ({ region, uid });

const absent = (code: RefusalCode, what: string, change: (line: string) => string): RefusalCase =>
  setText(code, what, (text) =>
    text.replace(/\nn (\S+)\n|^(evidence \d+\n)n (\S+)\n/, (whole) => change(whole)),
  );

const note = (change: (text: string) => string) => (line: string) =>
  line.replace(/(n )(\S+)/, (_, kind: string, base64: string) => {
    const changed = change(Buffer.from(base64, "base64url").toString());
    return kind + encodeBase64url(Buffer.from(changed));
  });

export const setCases: RefusalCase[] = [
  setText("TRUNCATED", "a set without its last line", (text) => text.replace(/c [^\n]*\n$|s [^\n]*\n$/, "")),
  setText("TRUNCATED", "a set that counts more than it holds", (text) =>
    text.replace("evidence 3\n", "evidence 4\n"),
  ),
  setText("TRAILING_BYTES", "a set that counts less than it holds", (text) =>
    text.replace("evidence 3\n", "evidence 2\n"),
  ),
  setText("TRAILING_BYTES", "a lack that is not counted", (text) => `${text}l sa-east-1 refused\n`),
  setText("NUMBER_REFUSED", "a count with a leading zero", (text) =>
    text.replace("evidence 3", "evidence 03"),
  ),
  setText("TOO_LONG", "a count beyond every set", (text) => text.replace("evidence 3", "evidence 2001")),
  setText("LINE_ORDER", "a set within a set", (text) =>
    text.replace("evidence 3\n", "evidence 3\nevidence 3\n"),
  ),
  setText(
    "LINE_ORDER",
    "a lack in free text",
    (text) => `${text.replace("evidence 3", "evidence 4")}l sa-east-1 Not reachable\n`,
  ),
  setText("LINE_ORDER", "an absence alone", (text) => `${/n \S+\n/.exec(text)![0]}`),
  setText("PARTS_ORDER", "a lack before a part", (text) =>
    text.replace("evidence 3\n", "evidence 4\nl sa-east-1 refused\n"),
  ),
  setText(
    "PARTS_ORDER",
    "lacks out of order",
    (text) => `${text.replace("evidence 3", "evidence 5")}l sa-east-1 refused\nl ca-central-1 refused\n`,
  ),
  setText(
    "PARTS_ORDER",
    "a region that lacks twice",
    (text) => `${text.replace("evidence 3", "evidence 5")}l sa-east-1 refused\nl sa-east-1 unreachable\n`,
  ),
  setText("PARTS_ORDER", "an absence twice", (text) =>
    text.replace(/evidence 3\n(n \S+\n(?:c [^\n]+\n)*)/, "evidence 4\n$1$1"),
  ),
  setText("PARTS_ORDER", "a part twice", (text) => {
    const part = text.slice(text.lastIndexOf("\nlog ") + 1);
    return text.replace("evidence 3", "evidence 4") + part;
  }),
  cased("PARTS_ORDER", "two genuine parts of one log, of different age", async (logs) => {
    const [old, young] = [await logs.prove(eu), await logs.prove(eu)];
    return `evidence 2\n${old}${young}`;
  }),
  cased("PARTS_ORDER", "a part and an absence of one log", async (logs) => {
    return `evidence 2\n${await logs.absence(eu)}${await logs.prove(eu)}`;
  }),
  cased("PARTS_ORDER", "parts that do not stand by origin", async (logs) => {
    return `evidence 2\n${await logs.prove(us)}${await logs.prove(eu)}`;
  }),
  responses("PARTS_DISAGREE", "parts for different audiences", { [eu]: { audience: "auditor" } }),
  responses("PARTS_DISAGREE", "parts that answer different nonces", {
    [eu]: { nonce: "1" },
    [us]: { nonce: "2" },
    [ap]: { nonce: "1" },
  }),
  responses("PARTS_DISAGREE", "an absence of another tenant", { [ap]: { tenant: "acne" } }),
  responses("PARTS_DISAGREE", "an absence for another audience", { [ap]: { audience: "auditor" } }),
  cased("PARTS_DISAGREE", "parts of different tenants", async (logs) => {
    await logs.block(us, "9", "globex");
    const parts = [await logs.prove(eu), await logs.prove(us, { tenant: "globex" })];
    return `evidence 2\n${parts.join("")}`;
  }),
  cased("EVIDENCE_EMPTY", "a set of nothing", async () => "evidence 0\n"),
  cased("EVIDENCE_EMPTY", "a set of nothing but lacks", async (logs) => {
    const lacks = [...logs.logs.keys()].map((region) => ({ region, reason: "refused" }));
    return joined([], lacks);
  }),
  cased(
    "LOG_UNKNOWN",
    "a part of a log that is not trusted",
    async (logs) => logs.set(await logs.all()),
    (logs) => ({ trust: logs.trust({ logs: logs.trust().logs.filter(({ region }) => region !== us) }) }),
  ),
  cased(
    "LOG_UNKNOWN",
    "an absence from a log that is not trusted",
    async (logs) => logs.set(await logs.all()),
    (logs) => ({ trust: logs.trust({ logs: logs.trust().logs.filter(({ region }) => region !== ap) }) }),
  ),
  cased(
    "PIN_UNUSED",
    "a pin of a log that nothing here is from",
    async (logs) => logs.prove(eu),
    (logs) => ({ pinned: [{ origin: logs.log(us).origin, size: 1, root: "" }] }),
  ),
  ...(["tenant", "audience", "nonce"] as const).map((name) =>
    cased(
      `OTHER_${name.toUpperCase()}` as RefusalCode,
      `a set about or for another ${name}`,
      async (logs) => logs.set(await logs.all()),
      () => ({ [name]: "another" }),
    ),
  ),
  cased(
    "OTHER_NONCE",
    "an absence that answers another request, alone",
    async (logs) => `evidence 1\n${await logs.absence(ap, { nonce: "1" })}`,
    () => ({ nonce: "2" }),
  ),
  cased(
    "TOO_OLD",
    "an absence older than permitted",
    async (logs) => `evidence 1\n${await logs.absence(ap)}`,
    () => ({ maxAge: 10 }),
  ),
  absent(
    "ABSENCE_REFUSED",
    "an absence of another version",
    note((text) => text.replace("/v1", "/v2")),
  ),
  absent(
    "ABSENCE_REFUSED",
    "an absence without a time",
    note((text) => text.replace(/\n[^\n]+Z\n/, "\n")),
  ),
  absent(
    "ABSENCE_SIGNATURE",
    "an absence about another tenant",
    note((text) => text.replace('"acme"', '"acne"')),
  ),
  absent(
    "ABSENCE_SIGNATURE",
    "an absence made younger",
    note((text) => text.replace(/20\d\d-/, "2031-")),
  ),
  absent("BASE64_NOT_CANONICAL", "an absence with padding", (line) => line.replace(/(n \S+)/, "$1=")),
  absent(
    "ABSENCE_SIGNATURE",
    "an absence of a later version that nobody signed",
    note((text) => text.replace("null}", 'null,"zone":1}')),
  ),
  cased("NEEDS_NEWER_VERIFIER", "an absence with a field of a later version", async (logs) => {
    const { origin, logKey } = logs.log(ap);
    const said = { origin, size: 2, root: new Uint8Array(32), time: started, tenant: "acme" };
    const text = formatAbsence({ ...said, audience: null, nonce: null }).replace("null}", 'null,"zone":1}');
    return `evidence 1\n${[...writeAbsence(await signNote(text, { name: origin, ...logKey }))].join("")}`;
  }),
  cased("ABSENCE_SIGNATURE", "an absence signed by another key under the log's name", async (logs) => {
    const { origin } = logs.log(ap);
    const said = { origin, size: 2, root: new Uint8Array(32), time: started, tenant: "acme" };
    const forged = await signAbsence({ ...said, audience: null, nonce: null }, ed25519Key());
    return `evidence 1\n${[...writeAbsence(forged)].join("")}`;
  }),
  cased("ROOT_MISMATCH", "an absence of another root than its checkpoint's", async (logs) => {
    const log = logs.log(ap);
    const said = { origin: log.origin, size: log.receipts.length, root: new Uint8Array(32), time: started };
    const forged = await signAbsence({ ...said, tenant: "acme", audience: null, nonce: null }, log.logKey);
    return `evidence 1\n${[...writeAbsence(forged, [{ note: await log.checkpoint() }])].join("")}`;
  }),
  cased(
    "QUORUM_UNMET",
    "an absence whose checkpoint no witness cosigned",
    async (logs) => `evidence 1\n${await logs.absence(ap)}`,
    (logs) => ({
      trust: logs.trust({
        quorum: { threshold: 1, witnesses: [formatVerifierKey("w", ed25519Key().publicKey, "witness")] },
      }),
    }),
  ),
  cased(
    "QUORUM_UNMET",
    "an absence without a checkpoint, where witnesses are demanded",
    async (logs) => `evidence 1\n${(await logs.absence(ap)).split("\n")[0]}\n`,
    (logs) => ({
      trust: logs.trust({
        quorum: { threshold: 1, witnesses: [formatVerifierKey("w", ed25519Key().publicKey, "witness")] },
      }),
    }),
  ),
  cased("CONSISTENCY_REFUSED", "an absence with an earlier checkpoint and no proof", async (logs) => {
    await logs.block(ap, "9", "globex");
    const lines = (await logs.absence(ap, { continues: [1] })).split("\n");
    lines[1] = lines[1]!.split(" ").slice(0, 2).join(" ");
    return `evidence 1\n${lines.join("\n")}`;
  }),
  chained("CHAIN_MISSING", "an older chain of the name left out", (logs) => ({ change: hiding(logs, 0) })),
  chained("CHAIN_MISSING", "one of a hundred chains left out", (logs) => ({ change: hiding(logs, 5) }), 100),
  chained("CHAIN_UNLISTED", "a chain that the seal does not name", () => ({
    heads: (heads) => heads.slice(1),
  })),
  chained(
    "CHAIN_UNLISTED",
    "a hundred chains, of which the seal counts less",
    () => ({
      heads: (heads) => heads.slice(1),
    }),
    100,
  ),
  chained("CHAIN_UNLISTED", "two chains under a seal that names none", () => ({ heads: () => undefined })),
  chained("CHAIN_CUT", "an older chain without its last receipt", (logs) => ({
    change: showing((shown) => {
      const { idx } = lastOf(logs, 0);
      return shown.filter(({ index }) => index !== idx);
    }),
  })),
  chained(
    "CHAIN_CUT",
    "one of a hundred chains without its last receipt",
    (logs) => ({
      change: showing((shown) => {
        const { idx } = lastOf(logs, 7);
        return shown.filter(({ index }) => index !== idx);
      }),
    }),
    100,
  ),
  chained("CHAIN_CUT", "a seal that does not tell its own chain's head", () => ({
    heads: (heads) => heads.map((head, i) => (i === 1 ? { ...head, seq: 0 } : head)),
  })),
  chained("SEAL_UNDISCLOSED", "a seal that names its chains in another order", () => ({
    heads: (heads) => heads.toReversed(),
  })),
  chained("SEAL_UNDISCLOSED", "a seal whose chains are of no form", () => ({
    heads: (heads) => heads.map(({ handle: sub, seq }) => ({ handle: sub, seq }) as never),
  })),
  cased("FOREIGN_RECEIPT", "another tenant's chain that the seal names as this one's", async (logs) => {
    await logs.block(eu, "9", "globex");
    logs.chains.push({ ...logs.chainsIn(eu, "globex")[0]!, name: "acme" });
    return logs.prove(eu);
  }),
  chained("GENESIS_UNDISCLOSED", "a genesis that does not show its uid", (logs) => ({
    change: showing((shown) =>
      shown.map(({ index, receipt }) => {
        const { seq, sub } = logs.log(eu).receipts[index]!;
        const parts = receipt.split("~");
        const hidden = seq === 0 && sub !== logChain ? parts.toSpliced(2, 1) : parts;
        return { index, receipt: hidden.join("~") };
      }),
    ),
  })),
  cased("PERIOD_REFUSED", "a chain that shows more before the period than its last receipt", async (logs) => {
    for (let i = 0; i < 3; i++) await logs.block(eu, "1");
    const change = (source: BundleSource): BundleSource => {
      const { to } = source.statement.period;
      return { ...source, statement: { ...source.statement, period: { from: to, to } } };
    };
    return logs.bundle(eu, { change });
  }),
  handed("HANDOVER_REFUSED", "a handover without its ends", (logs) =>
    logs.handover(logs.chains[0]!, { link: "1" }),
  ),
  handed("HANDOVER_REFUSED", "a handover to itself", (logs) => logs.move(home(eu), home(eu), ["from"])),
  handed("HANDOVER_REFUSED", "a handover of a chain to itself", (logs) => {
    const { sub } = logs.chains[0]!;
    return logs.handover(logs.chains[0]!, { to: { origin: logs.log(eu).origin, uid: "1", handle: sub } });
  }),
  handed("HANDOVER_REFUSED", "a handover between other Tenants", (logs) =>
    logs.handover(logs.chains[0]!, { link: "1", from: home(us), to: home(ap) }),
  ),
  handed("HANDOVER_TARGET_MISSING", "a handover to a region that no log is of", (logs) =>
    logs.handover(logs.chains[0]!, { link: "1", from: home(eu), to: home("mars") }),
  ),
  handed("HANDOVER_TARGET_MISSING", "a handover from a chain that its log does not have", (logs) =>
    logs.handover(logs.chains[0]!, {
      from: { origin: logs.log(eu).origin, uid: "0", handle: handle() },
    }),
  ),
  handed("HANDOVER_TARGET_MISSING", "a handover to another uid than the chain's", (logs) =>
    logs.handover(logs.chains[0]!, {
      to: { origin: logs.log(us).origin, uid: "7", handle: logs.chains[1]!.sub },
    }),
  ),
  cased(
    "HANDOVER_TARGET_MISSING",
    "a set that declares another log lacking than the one handed over to",
    async (logs) => {
      await logs.handover(logs.chains[0]!, { link: "1", from: home(eu), to: home(us, "7") });
      const all = await logs.all();
      all.delete(ap);
      all.delete(us);
      return logs.set(all, [{ region: ap, reason: "refused" }]);
    },
  ),
  cased("HANDOVER_UNDISCLOSED", "a handover that does not show where to", async (logs) => {
    const all = await logs.all();
    const index = logs.log(eu).receipts.findIndex(({ type }) => type === "tenant.handover");
    const change = showing((shown) =>
      shown.map((each) =>
        each.index === index ? { index, receipt: `${each.receipt.split("~")[0]}~` } : each,
      ),
    );
    all.set(eu, await logs.prove(eu, { change }));
    return logs.set(all);
  }),
];

function lastOf(logs: TestLogs, number: number): { idx: number } {
  const { sub } = logs.chains[number]!;
  return { idx: logs.log(eu).receipts.findLastIndex((receipt) => receipt.sub === sub) };
}

import { ensureTools } from "@companyos/cluster";
import { checkpointKey, tileKey } from "@companyos/notary/testing/parts";
import { leafHash } from "@companyos/receipts";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type ApiResponse, askChecklog, type Question, refusing } from "./checklog.ts";
import { eventOf } from "./events.ts";
import { askFsck } from "./fsck.ts";
import { type WrittenLog, writeLog } from "./log.ts";
import { prove, readEntries } from "./proofs.ts";
import { flip, type ServedLog, serveLog, swap } from "./serve.ts";

let log: WrittenLog;
let served: ServedLog;
const stages: { size: number; checkpoint: string }[] = [];
let submitted = 0;

const newest = () => stages.at(-1)!;

async function grow(events: number): Promise<void> {
  stages.push(await log.submit(Array.from({ length: events }, () => eventOf(submitted++))));
}

async function question(): Promise<Question> {
  const { size } = newest();
  const corners = [0, 1, 2, 127, 254, 255, 256, 257, 511, 512, 513, 639, 640, size - 2, size - 1];
  const indexes = [...new Set(corners)].filter((index) => index >= 0 && index < size);
  const proofs = await prove(await readEntries(log.storage, size), indexes, stages);
  return { log: served.url, bearer: served.token, vkey: log.vkey, ...proofs };
}

const fsck = () => askFsck({ log: served.url, bearer: served.token, vkey: log.vkey, size: newest().size });

// Building the verifiers takes a minute when the caches are empty.
beforeAll(async () => {
  await ensureTools(["fsck", "checklog"]);
  log = await writeLog();
  served = await serveLog(log.storage);
}, 600_000);

afterAll(async () => {
  await served?.close();
  await log?.remove();
});

test("every verifier accepts the log at each size it goes through, the ends of bundles among them", async () => {
  await grow(1);
  while (newest().size < 700) {
    const { size } = newest();
    expect(await fsck()).toBeUndefined();
    expect(await askChecklog(await question())).toEqual({
      accepted: true,
      origin: "eu-west-1.log.companyos.io",
      size,
      verdicts: { note: "", tlog: "", torchwood: "", merkle: "" },
    });
    // A tenant's first event takes two places in the log, so the first step goes too far; the later ones do not.
    const target = [40, 256, 257, 512, 700].find((end) => end > size)!;
    await grow(target - size);
  }
  expect(await fsck()).toBeUndefined();
  expect((await askChecklog(await question())).accepted).toBe(true);
  expect(stages.map(({ size }) => size)).toEqual(expect.arrayContaining([256, 257, 512, 700]));
}, 180_000);

describe("one flipped bit is refused by fsck and by the libraries of", () => {
  const partial = 700 - 512;
  const inconsistent = { tlog: /inconsistent tile/, torchwood: /inconsistent tile/ };
  const cases: [what: string, key: string, at: number, refusals: Record<string, RegExp>][] = [
    ["a full entry bundle", tileKey("entries", 0), 1000, { torchwood: /mismatch for entry 0$/ }],
    ["a full bundle's last entry", tileKey("entries", 1), -1, { torchwood: /mismatch for entry 511$/ }],
    [
      "the partial entry bundle",
      tileKey("entries", 2, partial),
      -1,
      { torchwood: /mismatch for entry 699$/ },
    ],
    ["a full tile", tileKey(0, 0), 32 * 200 + 7, inconsistent],
    ["the partial tile", tileKey(0, 2, partial), -1, inconsistent],
    ["the tile above", tileKey(1, 0, 2), 0, inconsistent],
    ["the checkpoint", checkpointKey, -10, { note: /invalid signature/, torchwood: /invalid signature/ }],
  ];
  test.each(cases)("%s", async (_what, key, at, refusals) => {
    const asked = await question();
    await served.forged({ [key]: key === checkpointKey ? swap(at) : flip(at) }, async () => {
      expect(await fsck()).toEqual(expect.any(String));
      const response = await askChecklog(asked);
      expect(refusing(response)).toEqual(Object.keys(refusals));
      for (const [library, why] of Object.entries(refusals)) expect(response.verdicts[library]).toMatch(why);
      expect(response.accepted).toBe(false);
    });
  });

  test("the checkpoint's root", async () => {
    const [origin, size] = newest().checkpoint.split("\n") as [string, string];
    const at = origin.length + 1 + size.length + 1 + 5;
    const asked = await question();
    await served.forged({ [checkpointKey]: swap(at) }, async () => {
      expect(await fsck()).toEqual(expect.any(String));
      expect(refusing(await askChecklog(asked))).toEqual(["merkle", "note", "tlog", "torchwood"]);
    });
  });
});

test("an entry forged together with its hash in the tile is refused", async () => {
  const [first] = (await readEntries(log.storage, newest().size)) as [Uint8Array];
  const hash = leafHash(flip(100)(first));
  const forgeries = {
    // An entry follows its length, which takes two bytes.
    [tileKey("entries", 0)]: flip(2 + 100),
    [tileKey(0, 0)]: (tile: Uint8Array) => Uint8Array.from([...hash, ...tile.subarray(32)]),
  };
  const asked = await question();
  await served.forged(forgeries, async () => {
    expect(await fsck()).toEqual(expect.any(String));
    expect(refusing(await askChecklog({ ...asked, leaves: [], older: [] }))).toEqual(["torchwood"]);
  });
});

describe("refused with the log as it is:", () => {
  const flipBase64 = (text: string): string => {
    const bytes = Buffer.from(text, "base64");
    bytes[9]! ^= 1;
    return bytes.toString("base64");
  };
  const ask = async (change: (asked: Question) => Partial<Question>): Promise<ApiResponse> => {
    const asked = await question();
    return askChecklog({ ...asked, ...change(asked) });
  };

  test("an entry that is not the one at its index", async () => {
    const response = await ask(({ leaves }) => ({
      leaves: leaves.map((leaf, i) => (i === 3 ? { ...leaf, entry: flipBase64(leaf.entry) } : leaf)),
    }));
    expect(refusing(response)).toEqual(["merkle", "tlog", "torchwood"]);
  });

  test("an inclusion proof with one bit changed, or for the next index", async () => {
    const changed = await ask(({ leaves }) => ({
      leaves: leaves.map((leaf, i) =>
        i === 5 ? { ...leaf, path: leaf.path.map((hash, at) => (at === 4 ? flipBase64(hash) : hash)) } : leaf,
      ),
    }));
    expect(refusing(changed)).toEqual(["merkle", "tlog", "torchwood"]);
    const moved = await ask(({ leaves }) => ({ leaves: [{ ...leaves[4]!, index: leaves[4]!.index + 1 }] }));
    expect(refusing(moved)).toEqual(["merkle", "tlog", "torchwood"]);
  });

  test("an older checkpoint that the log does not continue", async () => {
    const response = await ask(({ older }) => ({
      older: [{ ...older[1]!, checkpoint: older[2]!.checkpoint }],
    }));
    expect(refusing(response)).toEqual(["merkle", "tlog"]);
  });

  test("the right log under another key", async () => {
    const other = await writeLog();
    const { vkey } = other;
    await other.remove();
    expect(refusing(await ask(() => ({ vkey })))).toEqual(["note", "torchwood"]);
    const { size } = newest();
    expect(await askFsck({ log: served.url, bearer: served.token, vkey, size })).toEqual(expect.any(String));
  });

  test("entries without an auditor's token", async () => {
    expect(refusing(await ask(() => ({ bearer: "" })))).toEqual(["torchwood"]);
  });
});

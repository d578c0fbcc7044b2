import { encodeBase64url } from "@companyos/receipts";
import { event, resign, type TestLog } from "../log.ts";
import { changedLines, changedText, logged, type RefusalCase } from "./case.ts";

/** Appends a receipt whose payload text is changed and signed. */
const withPayload = async (log: TestLog, sub: string, change: (text: string) => string): Promise<void> => {
  const { leaf } = await log.add(sub, event());
  log.replace(
    log.receipts.length - 1,
    resign(log, leaf, (claims) => change(JSON.stringify(claims))),
  );
};

const first = (lines: string[], kind: string): number =>
  lines.findIndex((line) => line.startsWith(`${kind} `));
const withSize = (size: string) => (text: string) => text.replace(/^(log \S+) \d+/, `$1 ${size}`);

export const container: RefusalCase[] = [
  changedText("TRUNCATED", "nothing at all", () => ""),
  changedText("TRUNCATED", "a bundle without its statement", (text) => text.replace(/s .*\n$/, "")),
  changedText("TRUNCATED", "a bundle cut inside a receipt", (text) => text.slice(0, 900)),
  changedText("TRUNCATED", "a statement without its line feed", (text) => text.slice(0, -1)),
  changedText("TRAILING_BYTES", "a line after the statement", (text) => `${text}c x\n`),
  changedText("TRAILING_BYTES", "an empty line after the statement", (text) => `${text}\n`),
  changedText("TRAILING_BYTES", "a byte after the statement", (text) => `${text}x`),
  changedText("LINE_ENCODING", "CRLF", (text) => text.replaceAll("\n", "\r\n")),
  changedText("LINE_ENCODING", "a tab", (text) => text.replace("log ", "log\t")),
  changedText("LINE_ENCODING", "a byte beyond ASCII", (text) => Buffer.from(text.replace("r ", "r é"))),
  changedText("LINE_ENCODING", "NUL", (text) => text.replace("~\n", "~\0\n")),
  changedText("LINE_ORDER", "a line of an unknown kind", (text) => text.replace("\nr ", "\nq ")),
  changedText("LINE_ORDER", "an empty line", (text) => text.replace("\nr ", "\n\nr ")),
  changedText("LINE_ORDER", "a bundle that does not begin with its log", (text) =>
    text.slice(text.indexOf("\n") + 1),
  ),
  changedLines("LINE_ORDER", "an attachment after the checkpoint", (lines) => [
    ...lines.slice(0, -1),
    "a x.txt AAAA",
    lines.at(-1)!,
  ]),
  changedText("LINE_ORDER", "two spaces after the level", (text) => text.replace("\nh 0 ", "\nh 0  ")),
  changedText("TOO_LONG", "a hash line of 100 characters", (text) =>
    text.replace("\nh 0 ", `\nh 0 ${"A".repeat(60)}`),
  ),
  changedText("TOO_LONG", "a leaf above 8 KiB", (text) => text.replace("\nr ", `\nr ${"A".repeat(8192)}`)),
  changedText("TOO_LONG", "a disclosure above 16 KiB", (text) =>
    text.replace("~\n", `~${"A".repeat(16385)}~\n`),
  ),
  changedText("BASE64_NOT_CANONICAL", "a padded hash", (text) => text.replace(/(\nh 0 \S+)/, "$1=")),
  changedText("BASE64_NOT_CANONICAL", "left-over bits in a hash", (text) =>
    text.replace(/(\nh 0 \S{42})\S/, "$1B"),
  ),
  changedText("BASE64_NOT_CANONICAL", "the other alphabet in a disclosure", (text) =>
    text.replace(/~\S/, "~+"),
  ),
  changedText("BASE64_NOT_CANONICAL", "padding in a signature", (text) =>
    text.replace("~\n", "=~\n").replace(/~([^~\n]*)=~\n/, "=~$1~\n"),
  ),
  logged("JSON_NOT_CANONICAL", "a signed payload with white space", (log, sub) =>
    withPayload(log, sub, (text) => text.replace(",", ", ")),
  ),
  logged("JSON_NOT_CANONICAL", "a signed number with a second spelling", (log, sub) =>
    withPayload(log, sub, (text) => text.replace('"count":1', '"count":1.0')),
  ),
  logged("JSON_NOT_CANONICAL", "an escaped letter", (log, sub) =>
    withPayload(log, sub, (text) => text.replace('"kind":"Pod"', '"kind":"\\u0050od"')),
  ),
  logged("JSON_DUPLICATE_KEY", "a signed payload with a key twice", (log, sub) =>
    withPayload(log, sub, (text) => text.replace('"kind":', '"kind":"Job","kind":')),
  ),
  ...[
    "00",
    "+20",
    "-1",
    "020",
    "0x14",
    "20.0",
    "2e1",
    "9007199254740992",
    "9223372036854775808",
    "18446744073709551616",
  ].map((size) => changedText("NUMBER_REFUSED", `the size ${size}`, withSize(size))),
  changedText("NUMBER_REFUSED", "a level with a leading zero", (text) => text.replace("\nh 0 ", "\nh 00 ")),
  changedText("NUMBER_REFUSED", "a level beyond every log", (text) => text.replace("\nh 0 ", "\nh 60 ")),
  changedText("HASH_LENGTH", "a hash of 31 bytes", (text) =>
    text.replace(/\nh 0 \S+/, `\nh 0 ${encodeBase64url(new Uint8Array(31))}`),
  ),
  changedText("HASH_LENGTH", "a hash of 33 bytes", (text) =>
    text.replace(/\nh 0 \S+/, `\nh 0 ${encodeBase64url(new Uint8Array(33))}`),
  ),
  changedLines("HASH_MISALIGNED", "a pair of leaves that begins at 3", (lines) => {
    lines[first(lines, "h")] = `h 1 ${encodeBase64url(new Uint8Array(32))}`;
    return lines;
  }),
  changedLines("HASH_MERGEABLE", "a subtree in two halves", (lines) => {
    const at = lines.findIndex((line) => line.startsWith("h 2 "));
    const half = `h 1 ${encodeBase64url(new Uint8Array(32))}`;
    return lines.toSpliced(at, 1, half, half);
  }),
  changedLines("LEAVES_MISSING", "a log without its last leaves", (lines) =>
    lines.toSpliced(
      lines.findLastIndex((line) => line.startsWith("h ")),
      1,
    ),
  ),
  changedText("LEAVES_MISSING", "a larger size than there are leaves", withSize("21")),
  changedText("LEAVES_EXTRA", "a smaller size than there are leaves", withSize("19")),
  changedLines("LEAVES_EXTRA", "a hash more", (lines) =>
    lines.toSpliced(
      lines.findLastIndex((line) => line.startsWith("h ")) + 1,
      0,
      `h 0 ${encodeBase64url(new Uint8Array(32))}`,
    ),
  ),
];

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
  changedText("truncated", "nothing at all", () => ""),
  changedText("truncated", "a bundle without its statement", (text) => text.replace(/s .*\n$/, "")),
  changedText("truncated", "a bundle cut inside a receipt", (text) => text.slice(0, 900)),
  changedText("truncated", "a statement without its line feed", (text) => text.slice(0, -1)),
  changedText("trailing_bytes", "a line after the statement", (text) => `${text}c x\n`),
  changedText("trailing_bytes", "an empty line after the statement", (text) => `${text}\n`),
  changedText("trailing_bytes", "a byte after the statement", (text) => `${text}x`),
  changedText("line_encoding", "CRLF", (text) => text.replaceAll("\n", "\r\n")),
  changedText("line_encoding", "a tab", (text) => text.replace("log ", "log\t")),
  changedText("line_encoding", "a byte beyond ASCII", (text) => Buffer.from(text.replace("r ", "r é"))),
  changedText("line_encoding", "NUL", (text) => text.replace("~\n", "~\0\n")),
  changedText("line_order", "a line of an unknown kind", (text) => text.replace("\nr ", "\nq ")),
  changedText("line_order", "an empty line", (text) => text.replace("\nr ", "\n\nr ")),
  changedText("line_order", "a bundle that does not begin with its log", (text) =>
    text.slice(text.indexOf("\n") + 1),
  ),
  changedLines("line_order", "an attachment after the checkpoint", (lines) => [
    ...lines.slice(0, -1),
    "a x.txt AAAA",
    lines.at(-1)!,
  ]),
  changedText("line_order", "two spaces after the level", (text) => text.replace("\nh 0 ", "\nh 0  ")),
  changedText("too_long", "a hash line of 100 characters", (text) =>
    text.replace("\nh 0 ", `\nh 0 ${"A".repeat(60)}`),
  ),
  changedText("too_long", "a leaf above 8 KiB", (text) => text.replace("\nr ", `\nr ${"A".repeat(8192)}`)),
  changedText("too_long", "a disclosure above 16 KiB", (text) =>
    text.replace("~\n", `~${"A".repeat(16385)}~\n`),
  ),
  changedText("base64_not_canonical", "a padded hash", (text) => text.replace(/(\nh 0 \S+)/, "$1=")),
  changedText("base64_not_canonical", "left-over bits in a hash", (text) =>
    text.replace(/(\nh 0 \S{42})\S/, "$1B"),
  ),
  changedText("base64_not_canonical", "the other alphabet in a disclosure", (text) =>
    text.replace(/~\S/, "~+"),
  ),
  changedText("base64_not_canonical", "padding in a signature", (text) =>
    text.replace("~\n", "=~\n").replace(/~([^~\n]*)=~\n/, "=~$1~\n"),
  ),
  logged("json_not_canonical", "a signed payload with white space", (log, sub) =>
    withPayload(log, sub, (text) => text.replace(",", ", ")),
  ),
  logged("json_not_canonical", "a signed number with a second spelling", (log, sub) =>
    withPayload(log, sub, (text) => text.replace('"count":1', '"count":1.0')),
  ),
  logged("json_not_canonical", "an escaped letter", (log, sub) =>
    withPayload(log, sub, (text) => text.replace('"kind":"Pod"', '"kind":"\\u0050od"')),
  ),
  logged("json_duplicate_key", "a signed payload with a key twice", (log, sub) =>
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
  ].map((size) => changedText("number_refused", `the size ${size}`, withSize(size))),
  changedText("number_refused", "a level with a leading zero", (text) => text.replace("\nh 0 ", "\nh 00 ")),
  changedText("number_refused", "a level beyond every log", (text) => text.replace("\nh 0 ", "\nh 60 ")),
  changedText("hash_length", "a hash of 31 bytes", (text) =>
    text.replace(/\nh 0 \S+/, `\nh 0 ${encodeBase64url(new Uint8Array(31))}`),
  ),
  changedText("hash_length", "a hash of 33 bytes", (text) =>
    text.replace(/\nh 0 \S+/, `\nh 0 ${encodeBase64url(new Uint8Array(33))}`),
  ),
  changedLines("hash_misaligned", "a pair of leaves that begins at 3", (lines) => {
    lines[first(lines, "h")] = `h 1 ${encodeBase64url(new Uint8Array(32))}`;
    return lines;
  }),
  changedLines("hash_mergeable", "a subtree in two halves", (lines) => {
    const at = lines.findIndex((line) => line.startsWith("h 2 "));
    const half = `h 1 ${encodeBase64url(new Uint8Array(32))}`;
    return lines.toSpliced(at, 1, half, half);
  }),
  changedLines("leaves_missing", "a log without its last leaves", (lines) =>
    lines.toSpliced(
      lines.findLastIndex((line) => line.startsWith("h ")),
      1,
    ),
  ),
  changedText("leaves_missing", "a larger size than there are leaves", withSize("21")),
  changedText("leaves_extra", "a smaller size than there are leaves", withSize("19")),
  changedLines("leaves_extra", "a hash more", (lines) =>
    lines.toSpliced(
      lines.findLastIndex((line) => line.startsWith("h ")) + 1,
      0,
      `h 0 ${encodeBase64url(new Uint8Array(32))}`,
    ),
  ),
];

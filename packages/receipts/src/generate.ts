import { claimNames, maxDisclosure, maxLeaf } from "./claims.ts";
import { lacks } from "./lack-list.ts";
import { refusalGroups } from "./refusal-list.ts";
import type { RefusalMeaning } from "./refusals.ts";
import { receiptType, receiptTypes } from "./types/table.ts";

/** A file made by a generator; `path` is relative to the root of the repository. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

const header = "<!-- Generated from packages/receipts/src by `npm run generate`; do not edit. -->";

const intro = `# Verification

\`companyos verify EVIDENCE --trust FILE\` checks evidence offline, in one pass, with nothing but the evidence and a
\`trust.json\`. It exits 0 when the evidence is valid and complete, 1 when it is refused (with one of the codes below) or
incomplete, 2 on wrong use, 3 when a later version wrote it. The fingerprint of \`trust.json\` is printed with every
verdict: compare it out of band with the one you were given.

## What valid evidence proves

Every decision our webhook journaled is in the log, once, unaltered, and witnesses saw one history. A decision never
journaled, or a false observation, cannot be seen from the log alone; reconcile with the API server's audit log, the
cloud's inventory, or the receipt ids people were given.

Without a witness quorum in \`trust.json\`, time is the notary's own clock, and the verdict says so.

## What complete evidence proves

A tenant's *name* may have had several chains: in one log, when it was deleted and made again, and in several, when its
home region changed. Valid evidence is complete when every log of \`trust.json\` responded, with a part or with its signed
word that it has no chain of the name, and every chain those logs have of it is there, unless a notary forked a chain or
denies one. So \`trust.json\` must name every log that there is. What keeps evidence from being complete:

| lack | what it means |
| --- | --- |
${lacks.map(({ code, meaning }) => `| \`${code}\` | ${meaning} |`).join("\n")}

The period of the whole is what every part covers: a part that leaves nothing out reaches back to the beginning; an absence
reaches to the time at which it was said. The numbers are sums over the parts, each to the end of its own period: without
an end that was asked for, that is its seal, and seals of one evidence lie seconds apart. A part whose chains all began after the
period covers nothing: it begins where it ends, and lists its chains.

## What is checked

1. **Trust**: \`trust.json\` is current, and every part's log stands in it.
2. **Leaves** of each part, in index order: every receipt is strictly parsed, signed by a key that the root key endorsed in
   the log for this index, stands at its own index, continues its chain (\`seq\`, \`prev\`, \`iat\`, journal counter), and its
   decision agrees with its regions. Every disclosure matches a digest. Pruned parts stand as maximal subtree hashes.
   Every chain begins with its genesis, which discloses tenant and uid, and reaches the head that the seal names; \`_log\`
   is whole up to the same point. Receipts between genesis and the last one before the period may be left out.
3. **Attachments**: plain names; the inventory has the sealed digest.
4. **Checkpoints**: signed by the log's key; the closing one has the root that the leaves make; earlier ones lead to it;
   checkpoints known before are continued; witnesses and age are as demanded.
5. **Statement**: signed by an endorsed statement key; covers every byte of its part before it; agrees with what the
   receipts say about log, size, tenant, audience, nonce, period and disclosed fields.
6. **The set**: one response for each log; all about and for the same; every handover leads to a chain that is there; where
   a log lacks, or does not have a move yet, the verdict is incomplete.
`;

function formSection(): string {
  const rows = receiptTypes.map((type) => {
    const { title, senders, disclosures } = receiptType(type);
    return `| \`${type}\` | ${title} | ${senders.join(", ") || "–"} | ${disclosures.join(", ")} |`;
  });
  return `## Bundle \`companyos.io/evidence/v1\`

ASCII lines, each ended by LF, in this order:

| line | what |
| --- | --- |
| \`log <origin> <size>\` | the log, and its size at the closing checkpoint |
| \`h <level> <base64url>\` | hash of a maximal pruned subtree of 2^level leaves |
| \`r <SD-JWT>~\` | a receipt with the disclosures it shows (RFC 9901) |
| \`a <name> <base64url>\` | an attachment |
| \`c <base64url note>[ <base64url hash>]…\` | a signed checkpoint; before the closing one, with the consistency proof to it |
| \`s <DSSE envelope>\` | an in-toto Statement about the SHA-256 of everything before it |

Leaves (\`h\` and \`r\`) stand in index order. A set of them begins with \`evidence <number of parts>\`; its parts follow by
rising origin, each a whole bundle or an absence; then, by rising region, what is lacking:

| line | what |
| --- | --- |
| \`n <base64url note>\` | an absence: the signed word of a log that it has no chain of the name; \`c\` lines follow as in a bundle |
| \`l <region> <reason>\` | a region of which a log gave no response, and why; each region once |

A region may have several logs. An \`l\` line stands for those of its region that did not respond, and for one that
\`trust.json\` does not name if all did. It only takes away: evidence with one is never complete, and a log that responded is
held to all it should have shown, whatever the line says.

The text of an absence: \`companyos.io/absence/v1\`, the checkpoint's three lines, a time, and {tenant, audience, nonce}.
The statement's predicate is {origin, size, tenant, audience, nonce, period {from, to}, disclosed}.

## Receipts

The leaf of the log is the issuer-signed JWT of an SD-JWT without its disclosures, at most ${maxLeaf} bytes. Its clear
claims, in this order: ${claimNames.map((name) => `\`${name}\``).join(", ")}.

Everything else is disclosable, and every name of a type is present in each of its receipts, \`null\` when absent. A
disclosure has at most ${maxDisclosure} characters; a longer value is replaced by {cut, length, head}.

A list grows at its end: a receipt of before, which has fewer digests, has the names up to that number. Later versions may
have further types, further claims between or after these, further words in closed lists, and more digests: such a receipt,
if its signature holds, is \`NEEDS_NEWER_VERIFIER\`.

The notary takes a type from its sender's service account only. It writes the others itself, and some of these too.

| type | what it tells | sender | disclosable |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}

function refusalSection(): string {
  const row = ({ code, title, meaning }: RefusalMeaning): string =>
    `| <a id="${code.toLowerCase()}"></a>\`${code}\` | ${title}. | ${meaning} |`;
  const groups = refusalGroups.map(
    ({ about, refusals }) => `### ${about}

| code | in short | what it means |
| --- | --- | --- |
${refusals.map(row).join("\n")}
`,
  );
  return `## Refusals

Codes are stable: a code keeps its meaning, and none is reused. Earlier builds of 0.27.0 wrote them in lower case
([which codes are in capitals](verify.md#codes-in-capitals-and-in-lower-case)).

${groups.join("\n")}`;
}

/** `docs/verification.md`. */
export function generated(): GeneratedFile[] {
  const content = [header, intro, formSection(), refusalSection()].join("\n\n").replace(/\n{3,}/g, "\n\n");
  return [{ path: "docs/verification.md", content: `${content.trimEnd()}\n` }];
}

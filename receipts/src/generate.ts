import { claimNames, maxDisclosure, maxLeaf } from "./claims.ts";
import { disclosureNames } from "./disclosure-names.ts";
import { receiptTypes } from "./event.ts";
import { refusalGroups } from "./refusal-list.ts";
import type { RefusalMeaning } from "./refusals.ts";

/** A file made by a generator; `path` is relative to the root of the repository. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

const header = "<!-- Generated from receipts/src by `npm run generate`; do not edit. -->";

const intro = `# Verification

\`companyos verify BUNDLE --trust FILE\` checks an evidence bundle offline, in one pass, with nothing but the bundle and a
\`trust.json\`. It exits 0 when the bundle is valid, 1 when it is refused (with one of the codes below), 2 on wrong use.
The fingerprint of \`trust.json\` is printed with every verdict: compare it out of band with the one you were given.

## What a valid bundle proves

Every decision our webhook journaled is in the log, once, unaltered, and witnesses saw one history. A decision never
journaled, or a false observation, cannot be seen from the log alone; reconcile with the API server's audit log, the
cloud's inventory, or the receipt ids people were given.

A bundle is complete for the handle it shows, unless the notary forked the chain inside the log or opened a second
handle. Without a witness quorum in \`trust.json\`, time is the notary's own clock, and the verdict says so.

## What is checked

1. **Trust**: \`trust.json\` is current, and the bundle's log stands in it.
2. **Leaves**, in index order: every receipt is strictly parsed, signed by a key that the root key endorsed in the log
   for this index, stands at its own index, continues its chain (\`seq\`, \`prev\`, \`iat\`, journal counter), and its
   decision agrees with its regions. Every disclosure matches a digest. Pruned parts stand as maximal subtree hashes.
   The chain begins with its genesis and ends with its seal; \`_log\` is whole up to the same point.
3. **Attachments**: plain names; the inventory has the sealed digest.
4. **Checkpoints**: signed by the log's key; the closing one has the root that the leaves make; earlier ones lead to it;
   checkpoints known before are continued; witnesses and age are as demanded.
5. **Statement**: signed by an endorsed statement key; covers every byte before it; agrees with what the receipts say
   about log, size, tenant, audience, nonce, period and disclosed fields.
`;

function formSection(): string {
  const rows = receiptTypes.map((type) => `| \`${type}\` | ${disclosureNames[type].join(", ")} |`);
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

Leaves (\`h\` and \`r\`) stand in index order. The statement's predicate is {origin, size, tenant, audience, nonce,
period {from, to}, disclosed}.

## Receipts

The leaf of the log is the issuer-signed JWT of an SD-JWT without its disclosures, at most ${maxLeaf} bytes. Its clear
claims, in this order: ${claimNames.map((name) => `\`${name}\``).join(", ")}.

Everything else is disclosable, and every name of a type is present in each of its receipts, \`null\` when absent. A
disclosure has at most ${maxDisclosure} characters; a longer value is replaced by {cut, length, head}.

A list grows at its end: a receipt of before, which has fewer digests, has the names up to that number.

| type | disclosable |
| --- | --- |
${rows.join("\n")}
`;
}

function refusalSection(): string {
  const row = ({ code, title, meaning }: RefusalMeaning): string =>
    `| <a id="${code}"></a>\`${code}\` | ${title}. | ${meaning} |`;
  const groups = refusalGroups.map(
    ({ about, refusals }) => `### ${about}

| code | in short | what it means |
| --- | --- | --- |
${refusals.map(row).join("\n")}
`,
  );
  return `## Refusals

Codes are stable: a code keeps its meaning, and none is reused.

${groups.join("\n")}`;
}

/** `docs/verification.md`. */
export function generated(): GeneratedFile[] {
  const content = [header, intro, formSection(), refusalSection()].join("\n\n").replace(/\n{3,}/g, "\n\n");
  return [{ path: "docs/verification.md", content: `${content.trimEnd()}\n` }];
}

import { isAttachmentName, maxAttachments } from "../bundle/form.ts";
import { type CryptoProvider, sha256Digest } from "../crypto.ts";
import { decodeBase64url } from "../encoding.ts";
import { refuse } from "../refusals.ts";
import type { Lines } from "./lines.ts";

export interface Attachment {
  readonly name: string;
  readonly size: number;
  readonly digest: string;
}

export async function readAttachments(lines: Lines, crypto: CryptoProvider): Promise<Attachment[]> {
  const attachments: Attachment[] = [];
  for (let line = await lines.next("a"); line !== undefined; line = await lines.next("a")) {
    const [name, text, ...more] = line.rest.split(" ");
    if (text === undefined || more.length > 0) refuse("LINE_ORDER", "an a line has a name and its bytes");
    if (!isAttachmentName(name!) || name! <= (attachments.at(-1)?.name ?? "")) {
      refuse("ATTACHMENT_REFUSED", "attachments have plain names, ascending, each once");
    }
    if (attachments.length === maxAttachments)
      refuse("TOO_LONG", `a bundle has at most ${maxAttachments} attachments`);
    const bytes = decodeBase64url(text!);
    if (bytes === undefined) return refuse("BASE64_NOT_CANONICAL", `the attachment ${name} is not canonical`);
    attachments.push({
      name: name!,
      size: bytes.length,
      digest: sha256Digest(bytes, crypto.sha256),
    });
  }
  return attachments;
}

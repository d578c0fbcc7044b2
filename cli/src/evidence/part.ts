/** One log's response to "prove this tenant", spooled to a file. */

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import type { NotaryErrorCode } from "@companyos/notary";
import { partOrigin } from "@companyos/receipts";
import type { Notary } from "../notaries.ts";
import { refusalOf, type Session } from "../session.ts";
import { type Lack, lackOf, lackOfStatus } from "./lack.ts";

export interface Part {
  readonly region: string;
  /** As a lack has it. */
  readonly name: string;
  /** Origin of the log. */
  readonly origin: string;
  /** `absence`: the log signed that it has no chain of the name. */
  readonly kind: "bundle" | "absence";
  readonly file: string;
  readonly bytes: number;
}

export type LogResponse = Part | Lack;

export interface Gathered {
  readonly parts: readonly Part[];
  readonly lacks: readonly Lack[];
}

export const isLack = (response: LogResponse): response is Lack => "reason" in response;

export interface Question {
  /** Body of `POST /v1/prove`. */
  readonly body: object;
  /** Longest time in which a log sends nothing, in ms. */
  readonly timeoutMs: number;
  /** Folder for the spooled parts. */
  readonly dir: string;
  /** Called with every piece that arrives. */
  received(name: string, bytes: number): void;
}

/** Faults of the request itself: every other notary would refuse it too. */
const ours: ReadonlySet<string> = new Set<NotaryErrorCode>(["bad_request", "since_foreign", "since_forged"]);
const retries = 3;

/** Asks one notary. Rejects when the request itself is refused, or the part cannot be written to disk. */
export async function askForPart(
  session: Pick<Session, "ask">,
  notary: Notary,
  question: Question,
): Promise<LogResponse> {
  const { body, timeoutMs } = question;
  for (let attempt = 0; ; attempt++) {
    let response: Awaited<ReturnType<Session["ask"]>>;
    try {
      response = await session.ask(`${notary.url}/v1/prove`, { method: "POST", body, timeoutMs });
    } catch (error) {
      return lackOf(notary, error);
    }
    const { statusCode, headers } = response;
    if (statusCode === 200) return spool(notary, response, question);
    const { code, said } = await refusalOf(response.body);
    if (ours.has(code)) throw new Error(`the notary of ${notary.name} refused: ${said}`);
    const later = statusCode === 429 || statusCode === 503;
    if (later && attempt < retries) {
      await new Promise((resolve) => setTimeout(resolve, secondsIn(headers["retry-after"]) * 1000));
      continue;
    }
    if (code === ("unknown" satisfies NotaryErrorCode)) {
      const message = "knows no such tenant, and is too old to sign that: update its notary";
      return { region: notary.region, name: notary.name, reason: "no_absence", message };
    }
    return lackOfStatus(notary, statusCode, said);
  }
}

async function spool(
  notary: Notary,
  { body }: Awaited<ReturnType<Session["ask"]>>,
  { dir, received }: Question,
): Promise<LogResponse> {
  const { region, name } = notary;
  const file = join(dir, randomBytes(8).toString("hex"));
  const out = createWriteStream(file, { flags: "wx", mode: 0o600 });
  // Handled here so that it is never unhandled; `finished` reports it.
  out.on("error", () => {});
  let bytes = 0;
  let head = "";
  let tail = "";
  const chunks = body[Symbol.asyncIterator]();
  for (;;) {
    let next: IteratorResult<Buffer>;
    try {
      next = await chunks.next();
    } catch (error) {
      out.destroy();
      return lackOf(notary, error, true);
    }
    if (next.done) break;
    const chunk = next.value;
    bytes += chunk.length;
    if (head.length < longestHead) head += chunk.toString("latin1");
    tail = (tail + chunk.toString("latin1")).slice(-2);
    received(name, chunk.length);
    if (!out.write(chunk)) await Promise.race([once(out, "drain"), finished(out)]);
  }
  out.end();
  await finished(out);
  const [first = ""] = head.split("\n", 1);
  const origin = partOrigin(first);
  if (origin === undefined || !tail.endsWith("\n")) {
    return { region, name, reason: "malformed", message: "responded with what is no evidence" };
  }
  return { region, name, origin, kind: first.startsWith("n ") ? "absence" : "bundle", file, bytes };
}

/** A first line is no longer. */
const longestHead = 128 * 1024;

function secondsIn(header: string | string[] | undefined): number {
  const seconds = Number(header);
  return seconds > 0 && seconds <= 10 ? seconds : 1;
}

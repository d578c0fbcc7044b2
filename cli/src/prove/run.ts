import { rmSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gather } from "../evidence/gather.ts";
import { homeRegion } from "../evidence/logs-to-ask.ts";
import { NoLogResponded } from "../evidence/no-evidence.ts";
import type { Gathered } from "../evidence/part.ts";
import { sizeText } from "../evidence/progress.ts";
import { readCheckpoints } from "../evidence/since.ts";
import { writeEvidence } from "../evidence/write.ts";
import { exitCodes, yesOrNo } from "../exit-codes.ts";
import { timeOf } from "../flag-values.ts";
import { checkTenantName } from "../object-names.ts";
import { openSession } from "../session.ts";
import type { SessionFlags } from "../session-flags.ts";
import { complain, printable, tell } from "../terminal.ts";

export interface ProveFlags extends SessionFlags {
  readonly tenant: string;
  readonly out: string;
  readonly force?: boolean;
  readonly audience?: string;
  readonly nonce?: string;
  readonly from?: string;
  readonly to?: string;
  readonly disclose?: string;
  /** Regions whose logs are asked; empty: all that are known. */
  readonly log: readonly string[];
  /** Regions of which a log is lost for good. */
  readonly lost: readonly string[];
  /** Files with signed checkpoints. */
  readonly since: readonly string[];
}

/**
 * Asks every known log and writes one file that appears whole or not at all. Resolves to the exit code: 1 when a log
 * that should have been asked gave nothing (the file is written, and says so; or no log gave a response, and there is
 * nothing to write). Rejects, and writes nothing, when the question is refused or no log has a receipt of the name.
 */
export async function prove(flags: ProveFlags): Promise<number> {
  const { tenant, out, log, lost } = flags;
  checkTenantName(tenant);
  const period = {
    ...(flags.from === undefined ? {} : { from: timeOf("--from", flags.from) }),
    ...(flags.to === undefined ? {} : { to: timeOf("--to", flags.to) }),
  };
  if (out !== "-" && !flags.force && (await stat(out).catch(() => undefined))) {
    throw new Error(`${out} exists: choose another name, or say --force`);
  }
  const since = await readCheckpoints(flags.since);
  const session = await openSession(flags);
  const spool = await spoolBeside(out);
  try {
    const home = await homeRegion(session.client, tenant);
    const body = (notes: readonly string[]) => bodyOf({ ...flags, ...period }, notes);
    const timeoutMs = flags.timeout * 1000;
    const gathered = await gather({
      session,
      tenant,
      home,
      log,
      lost,
      since,
      timeoutMs,
      dir: spool.dir,
      body,
    });
    await writeEvidence(out, gathered);
    await report(flags, gathered);
    return yesOrNo(gathered.lacks.every(({ reason }) => reason === "not_asked"));
  } catch (error) {
    if (!(error instanceof NoLogResponded)) throw error;
    complain(`companyos: ${error.message}`);
    return exitCodes.no;
  } finally {
    await spool.remove();
    await session.close();
  }
}

/** A folder for personal data, removed whatever happens. */
async function spoolBeside(out: string): Promise<{ dir: string; remove(): Promise<void> }> {
  const prefix = out === "-" ? join(tmpdir(), "companyos-prove-") : `${out}.`;
  const dir = await mkdtemp(prefix).catch((cause: Error) => {
    throw new Error(`${out} cannot be written (${cause.message})`);
  });
  const interrupted = () => {
    rmSync(dir, { recursive: true, force: true });
    process.exit(130);
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  return {
    dir,
    async remove() {
      process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Prints what was gathered to standard output, unless the evidence went there, and what is lacking to standard error. */
async function report(flags: ProveFlags, { parts, lacks }: Gathered): Promise<void> {
  const { tenant, out } = flags;
  const say = out === "-" ? complain : tell;
  if (out !== "-") say(`${out}: evidence of tenant ${tenant}, ${sizeText((await stat(out)).size)}`);
  const width = Math.max(...[...parts, ...lacks].map(({ name }) => name.length));
  for (const { name, kind, bytes } of parts) {
    const what = kind === "bundle" ? sizeText(bytes) : "has no receipt of this tenant, and signed that";
    say(`  ${name.padEnd(width)}  ${what}`);
  }
  if (out !== "-") say(`check it with: ${verifyCommand(flags)}`);
  if (!parts.some(({ kind }) => kind === "bundle"))
    complain("No log that responded has a receipt of this tenant: one that gave nothing may have.");
  for (const { name, message } of lacks) complain(`INCOMPLETE  ${name} ${printable(message)}`);
  if (lacks.length > 0) {
    complain(
      "The evidence says so: companyos verify calls it incomplete and exits with 1, unless told --allow-incomplete.",
    );
  }
}

/** Insists on what the evidence was asked for with. */
export function verifyCommand({
  out,
  audience,
  nonce,
}: Pick<ProveFlags, "out" | "audience" | "nonce">): string {
  const flag = (name: string, value: string | undefined) =>
    value === undefined ? [] : [`--${name}`, quoted(value)];
  return [
    "companyos verify",
    quoted(out),
    ...flag("trust", "trust.json"),
    ...flag("audience", audience),
    ...flag("nonce", nonce),
  ].join(" ");
}

/** As one word of a shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./][\w@%+=:,./-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function bodyOf(
  { tenant, audience, nonce, from, to, disclose }: ProveFlags,
  since: readonly string[],
): object {
  const period =
    from === undefined && to === undefined
      ? {}
      : { period: { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) } };
  const fields =
    disclose === undefined
      ? {}
      : { disclose: disclose === "none" ? [] : disclose.split(",").map((field) => field.trim()) };
  return {
    tenant,
    ...(audience === undefined ? {} : { audience }),
    ...(nonce === undefined ? {} : { nonce }),
    ...period,
    ...fields,
    ...(since.length > 0 ? { since } : {}),
  };
}

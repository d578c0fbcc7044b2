import { stat } from "node:fs/promises";
import { trustFingerprint } from "@companyos/receipts";
import { createFile, replaceFile } from "@companyos/service/files";
import { boundedText, small } from "../bounded-text.ts";
import { CannotAsk } from "../cannot-ask.ts";
import { checkIdentities } from "../notaries.ts";
import { counted } from "../plural.ts";
import { openSession } from "../session.ts";
import type { SessionFlags } from "../session-flags.ts";
import { table } from "../table.ts";
import { composeTrust, type NotaryIdentity, readTrust, trustText } from "./compose.ts";

export interface TrustInitFlags extends SessionFlags {
  readonly out: string;
  readonly force?: boolean;
  /** RFC 3339, UTC, whole seconds. */
  readonly expires?: string;
}

export async function initTrust(flags: TrustInitFlags): Promise<void> {
  const { out, force, expires } = flags;
  const exists = `${out} exists: choose another name, or say --force`;
  if (!force && (await stat(out).catch(() => undefined))) throw new Error(exists);
  const session = await openSession(flags);
  try {
    const { notaries } = session;
    if (notaries.length === 0) throw new Error("which notaries? Say --notaries region=https://HOST:PORT,…");
    const identities = await Promise.all(
      notaries.map(async ({ url, name }) => {
        const where = `the notary of ${name} at ${url}`;
        const { statusCode, body } = await session
          .ask(`${url}/v1/identity`, { public: true })
          .catch((error: Error) => {
            if (error instanceof CannotAsk) throw error;
            throw new Error(`${where} cannot be reached (${error.message})`);
          });
        if (statusCode !== 200) throw new Error(`${where} responded with ${statusCode}`);
        return JSON.parse(await boundedText(body, small)) as NotaryIdentity;
      }),
    );
    checkIdentities(notaries, identities);
    const trust = composeTrust(identities, expires === undefined ? {} : { expires });
    const write = force ? replaceFile : createFile;
    const made = await write(out, trustText(trust), { mode: "umask" }).catch((error: Error) => {
      throw new Error(`${out} cannot be written (${error.message})`);
    });
    if (made === false) throw new Error(exists);
    console.log(
      `${out}: ${counted(trust.logs.length, "log")}, expires ${trust.expires}\nfingerprint ${trustFingerprint(trust)}`,
    );
  } finally {
    await session.close();
  }
}

export async function showTrust(file: string): Promise<void> {
  const trust = await readTrust(file);
  console.log(
    table(
      ["REGION", "JURISDICTION", "ORIGIN", "ROOTS"],
      trust.logs.map((log) => [
        log.region,
        log.jurisdiction,
        log.origin,
        log.roots.map(({ kid }) => kid).join(","),
      ]),
    ),
  );
  console.log(
    `witnesses ${trust.quorum ? `${trust.quorum.threshold} of ${trust.quorum.witnesses.length}` : "none"}, expires ${trust.expires}, version ${trust.version}`,
  );
  console.log(`fingerprint ${trustFingerprint(trust)}`);
}

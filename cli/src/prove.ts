import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { openSession, type Session, type SessionFlags } from "./session.ts";

export interface ProveFlags extends SessionFlags {
  readonly tenant: string;
  readonly out: string;
  readonly force?: boolean;
  readonly audience?: string;
  readonly nonce?: string;
  readonly from?: string;
  readonly to?: string;
  readonly disclose?: string;
}

/** Fetches the bundle. A file appears whole or not at all. */
export async function prove(flags: ProveFlags): Promise<void> {
  if (flags.out !== "-" && !flags.force && (await stat(flags.out).catch(() => undefined))) {
    throw new Error(`${flags.out} exists: choose another name, or say --force`);
  }
  const session = await openSession(flags);
  try {
    const region = await homeRegion(session, flags.tenant);
    const url = session.notary(region);
    const { statusCode, body } = await session.ask(`${url}/v1/prove`, {
      method: "POST",
      body: request(flags),
    });
    if (statusCode !== 200) throw new Error(`the notary of ${region} refused: ${await refusal(body)}`);
    if (flags.out === "-") return await pipeline(body, process.stdout, { end: false });
    const part = `${flags.out}.${randomBytes(4).toString("hex")}.part`;
    try {
      await pipeline(body, createWriteStream(part, { flags: "wx", flush: true }));
      await rename(part, flags.out);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    const { size } = await stat(flags.out);
    console.log(`${flags.out}: evidence of tenant ${flags.tenant} from the log of ${region}, ${size} bytes`);
    console.log(`check it with: companyos verify ${flags.out} --trust trust.json`);
  } finally {
    await session.close();
  }
}

function request({ tenant, audience, nonce, from, to, disclose }: ProveFlags): object {
  const period =
    from === undefined && to === undefined
      ? {}
      : { period: { ...(from ? { from } : {}), ...(to ? { to } : {}) } };
  const fields =
    disclose === undefined
      ? {}
      : { disclose: disclose === "none" ? [] : disclose.split(",").map((field) => field.trim()) };
  return { tenant, ...(audience ? { audience } : {}), ...(nonce ? { nonce } : {}), ...period, ...fields };
}

/** The home region of a tenant, from its Tenant. */
export async function homeRegion(session: Session, tenant: string): Promise<string> {
  const { status, text } = await session.client.raw(
    `/apis/residency.companyos.io/v1/tenants/${encodeURIComponent(tenant)}`,
  );
  if (status === 404) throw new Error(`there is no Tenant ${tenant}`);
  if (status !== 200) throw new Error(`the Tenant ${tenant} cannot be read (${status})`);
  return (JSON.parse(text) as { spec: { homeRegion: string } }).spec.homeRegion;
}

/** What an error answer of a notary says: `{code, message}`. */
export async function refusal(body: { text(): Promise<string> }): Promise<string> {
  const text = await body.text();
  try {
    const { code, message } = JSON.parse(text) as { code?: string; message?: string };
    return `${message ?? text} [${code ?? "?"}]`;
  } catch {
    return text.slice(0, 300);
  }
}

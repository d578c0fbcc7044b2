import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { IDENTITIES } from "./components.ts";
import { Authority, createSigningKeys, type KeyPair, type Subject } from "./pki.ts";
import { pkiFile } from "./pki-files.ts";
import { webhookCaller } from "./webhook-caller.ts";

export interface Keyring {
  authority: Authority;
  /** By name: `server`, `admin` and the components that sign in. */
  pairs: Record<keyof typeof IDENTITIES, KeyPair>;
  /** What the API server shows to webhooks, and PEM of the authority that signed it. */
  caller: KeyPair & { caPem: string };
}

const SERVER = { dns: ["localhost", "kubernetes.default.svc"], ips: ["127.0.0.1", "10.0.0.1"] };

async function readPair(stateDir: string, name: string): Promise<KeyPair | undefined> {
  try {
    const [certPem, keyPem] = await Promise.all([
      readFile(pkiFile(stateDir, `${name}.crt`), "utf8"),
      readFile(pkiFile(stateDir, `${name}.key`), "utf8"),
    ]);
    return { certPem, keyPem };
  } catch {
    return undefined;
  }
}

async function write(stateDir: string, name: string, text: string): Promise<void> {
  const file = pkiFile(stateDir, name);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, text, { mode: 0o600 });
}

async function writePair(stateDir: string, name: string, pair: KeyPair): Promise<KeyPair> {
  await write(stateDir, `${name}.crt`, pair.certPem);
  await write(stateDir, `${name}.key`, pair.keyPem);
  return pair;
}

/** Reads the keys of the cluster in this folder, making whatever is not there. */
export async function openKeyring(stateDir: string): Promise<Keyring> {
  const stored = await readPair(stateDir, "ca");
  const authority = stored ? new Authority(stored) : await Authority.create("companyos-cluster-ca");
  if (!stored) await writePair(stateDir, "ca", authority);
  if (!(await readFile(pkiFile(stateDir, "sa.key")).catch(() => undefined))) {
    const { keyPem, publicPem } = await createSigningKeys();
    await write(stateDir, "sa.pub", publicPem);
    await write(stateDir, "sa.key", keyPem);
  }
  const pairs: Partial<Keyring["pairs"]> = {};
  for (const name of Object.keys(IDENTITIES) as (keyof typeof IDENTITIES)[]) {
    const subject: Subject = name === "server" ? { ...IDENTITIES.server, ...SERVER } : IDENTITIES[name];
    const kept = stored && (await readPair(stateDir, name));
    pairs[name] = kept || (await writePair(stateDir, name, await authority.issue(subject)));
  }
  return { authority, pairs: pairs as Keyring["pairs"], caller: await openCaller(stateDir) };
}

/** An authority of its own: what the cluster's authority signs, kubelets and users have too. */
async function openCaller(stateDir: string): Promise<Keyring["caller"]> {
  const kept = await readPair(stateDir, `${webhookCaller}-ca`);
  const authority = kept ? new Authority(kept) : await Authority.create("companyos-webhook-callers");
  if (!kept) await writePair(stateDir, `${webhookCaller}-ca`, authority);
  const pair =
    (kept && (await readPair(stateDir, webhookCaller))) ||
    (await writePair(stateDir, webhookCaller, await authority.issue({ name: "kube-apiserver" })));
  return { ...pair, caPem: authority.certPem };
}

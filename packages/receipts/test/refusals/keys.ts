import { formatVerifierKey, parseVerifierKey, signEndorsement } from "@companyos/receipts";
import { ed25519Key, mirror, p256Key } from "../keys.ts";
import { event, origin, type TestLog } from "../log.ts";
import { logged, type RefusalCase } from "./case.ts";

const stranger = p256Key();

/** Adds 2^252 + … to the scalar of an Ed25519 signature: the same signature, spelled a second time. */
function addOrder(signature: Uint8Array): Uint8Array {
  const order = Buffer.from("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", "hex");
  const sum = signature.slice();
  let carry = 0;
  for (let i = 0; i < 32; i++) {
    carry += sum[32 + i]! + order[i]!;
    sum[32 + i] = carry & 255;
    carry >>= 8;
  }
  return sum;
}

/** The last receipt of the log with its signature changed. */
function changeSignature(log: TestLog, change: (signature: Uint8Array) => Uint8Array): void {
  const index = log.receipts.length - 1;
  const parts = log.receipts[index]!.leaf.split(".");
  const signature = change(new Uint8Array(Buffer.from(parts[2]!, "base64url")));
  log.replace(index, `${parts[0]}.${parts[1]}.${Buffer.from(signature).toString("base64url")}`);
}

export const keyCases: RefusalCase[] = [
  logged("KEY_UNKNOWN", "a key that nobody endorsed", async (log, sub) => {
    log.kid = "receipt-9";
    await log.add(sub, event());
  }),
  logged("KEY_RETIRED", "a key that was replaced", async (log, sub) => {
    await log.endorse("receipt-1", "receipt");
    log.kid = "receipt-0";
    await log.add(sub, event());
  }),
  logged("KEY_RETIRED", "a key before its time", async (log, sub) => {
    const jws = await log.signEndorsement("receipt-1", "receipt", { from: 50 });
    await log.endorse("receipt-1", "statement", jws);
    log.kid = "receipt-1";
    await log.add(sub, event());
  }),
  logged("KEY_USAGE", "a receipt signed by a statement key", async (log, sub) => {
    log.kid = "statement-0";
    await log.add(sub, event());
  }),
  logged("ENDORSEMENT_REFUSED", "a key id endorsed a second time", async (log) => {
    const vkey = formatVerifierKey("again", ed25519Key().publicKey);
    await log.endorse("receipt-0", "statement", await log.signEndorsement("receipt-0", "receipt", { vkey }));
  }),
  logged("ENDORSEMENT_REFUSED", "a key that would begin before the one it replaces", async (log) => {
    await log.endorse("x", "statement", await log.signEndorsement("later", "receipt", { from: 50 }));
    await log.endorse("x", "statement", await log.signEndorsement("sooner", "receipt", { from: 40 }));
  }),
  logged("ENDORSEMENT_REFUSED", "an endorsement for another use", async (log) => {
    await log.endorse("x", "statement", await log.signEndorsement("x", "log" as "receipt"));
  }),
  logged(
    "ENDORSEMENT_REFUSED",
    "an endorsement that is not shown",
    async (log) => log.endorse("receipt-1", "receipt"),
    {
      change: (source) => ({
        ...source,
        receipts: (source.receipts as { index: number; receipt: string }[]).map(({ index, receipt }) => ({
          index,
          receipt: index === 4 ? `${receipt.split("~")[0]}~` : receipt,
        })),
      }),
    },
  ),
  logged("ENDORSEMENT_SIGNATURE", "an endorsement by another root key", async (log) => {
    const jws = await log.signEndorsement("receipt-1", "receipt", { sign: stranger.sign });
    await log.endorse("receipt-1", "receipt", jws);
  }),
  logged("ENDORSEMENT_SIGNATURE", "an endorsement by a root key of another name", async (log) => {
    const vkey = formatVerifierKey("x", ed25519Key().publicKey);
    const content = { origin, vkey, kid: "x", usage: "receipt", from: 4 } as const;
    await log.endorse("x", "statement", await signEndorsement(content, { kid: "other", ...log.root }));
  }),
  logged("ENDORSEMENT_OTHER_LOG", "a key of another region", async (log) => {
    const jws = await log.signEndorsement("receipt-1", "receipt", { origin: `${origin}-2` });
    await log.endorse("receipt-1", "receipt", jws);
  }),
  logged("ENDORSEMENT_OUTSIDE_LOG", "an endorsement in the tenant's own chain", async (log, sub) => {
    const endorsement = await log.signEndorsement("receipt-1", "receipt");
    await log.add(
      sub,
      event({ type: "key.endorsed", decision: "none", disclosable: { details: { endorsement } } }),
    );
  }),
  logged("SIGNATURE_HIGH_S", "a mirrored endorsement", async (log) => {
    const sign = (bytes: Uint8Array): Uint8Array => mirror(log.root.sign(bytes));
    await log.endorse("receipt-1", "receipt", await log.signEndorsement("receipt-1", "receipt", { sign }));
  }),
  logged("SIGNATURE_REFUSED", "an endorsement with r = 0", async (log) => {
    const sign = (): Uint8Array => new Uint8Array(64);
    await log.endorse("receipt-1", "receipt", await log.signEndorsement("receipt-1", "receipt", { sign }));
  }),
  logged("SIGNATURE_REFUSED", "an Ed25519 signature with the group order added", async (log) => {
    changeSignature(log, addOrder);
  }),
  logged("SIGNATURE_REFUSED", "a signature of 63 bytes", async (log) => {
    changeSignature(log, (signature) => signature.subarray(0, 63));
  }),
  logged("RECEIPT_SIGNATURE", "a changed signature", async (log) => {
    changeSignature(log, (signature) => signature.with(0, signature[0]! ^ 1));
  }),
  logged("KEY_REFUSED", "an endorsed key of low order", async (log) => {
    const jws = await log.signEndorsement("x", "receipt", { vkey: lowOrderKey() });
    await log.endorse("x", "statement", jws);
  }),
  logged("ENDORSEMENT_REFUSED", "a verifier key with another key id", async (log) => {
    const vkey = formatVerifierKey("x", ed25519Key().publicKey).replace(/\+[0-9a-f]{8}\+/, "+00000000+");
    await log.endorse("x", "statement", await log.signEndorsement("x", "receipt", { vkey }));
  }),
  logged(
    "LOG_CHAIN_CUT",
    "a rotation that is hidden, so that the retired key goes on",
    async (log) => {
      await log.endorse("receipt-1", "receipt");
      log.kid = "receipt-0";
    },
    { hide: [4] },
  ),
];

/** By hand: no function of ours formats such a key. */
function lowOrderKey(): string {
  const name = "low";
  const publicKey = new Uint8Array(32).with(0, 1);
  const honest = parseVerifierKey(formatVerifierKey(name, ed25519Key().publicKey));
  const typed = Uint8Array.from([1, ...publicKey]);
  return `${name}+${Buffer.from(honest.keyId).toString("hex")}+${Buffer.from(typed).toString("base64")}`;
}

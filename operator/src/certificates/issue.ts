import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

const crypto = webcrypto;

/** PEM: certificate, and private key in PKCS #8. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const day = 24 * 60 * 60 * 1000;
/**
 * How long before its issue a certificate may already be valid. An API server's clock can be behind ours, by hours when one
 * of the two is set to another time zone; it would refuse the certificate until its clock catches up. Backdating is safe:
 * only the holder of the key can use the certificate, and the key did not exist before.
 */
export const maxBackdatedMs = day;

/**
 * A self-signed CA (P-256) that may sign leaf certificates only. `now` in milliseconds since the epoch; `days` may be
 * a fraction.
 */
export async function issueAuthority(options: { name: string; now: number; days: number }): Promise<KeyPair> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${options.name}`,
    serialNumber: serial(),
    ...validity(options.now, options.now + options.days * day),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: certificate.toString("pem"), key: await exportKey(keys.privateKey) };
}

/** A serving certificate (P-256) for `hosts`: DNS names, or IPv4/IPv6 addresses. */
export async function issueServing(options: {
  authority: KeyPair;
  hosts: readonly string[];
  now: number;
  days: number;
}): Promise<KeyPair> {
  const authority = new x509.X509Certificate(options.authority.cert);
  const signingKey = await importKey(options.authority.key);
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${(options.hosts[0] ?? "companyos").slice(0, 64)}`,
    issuer: authority.subjectName,
    serialNumber: serial(),
    // A certificate that outlives its CA would fail with an error that names the wrong one.
    ...validity(options.now, Math.min(options.now + options.days * day, authority.notAfter.getTime())),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        options.hosts.map((value) => ({
          type: isAddress(value) ? ("ip" as const) : ("dns" as const),
          value,
        })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: certificate.toString("pem"), key: await exportKey(keys.privateKey) };
}

/** As long before its issue as after, at most a day: so the moment of issue can be told from the certificate. */
function validity(now: number, end: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now - Math.min(maxBackdatedMs, end - now)), notAfter: new Date(end) };
}

function isAddress(host: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(host) || host.includes(":");
}

/** 127 random bits, positive (RFC 5280, 4.1.2.2). */
function serial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return Buffer.from(bytes).toString("hex");
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = await crypto.subtle.exportKey("pkcs8", key);
  return x509.PemConverter.encode(der, "PRIVATE KEY");
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const [der] = x509.PemConverter.decode(pem);
  return crypto.subtle.importKey("pkcs8", der!, algorithm, false, ["sign"]);
}

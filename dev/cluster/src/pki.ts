import "reflect-metadata";
import { webcrypto } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

cryptoProvider.set(webcrypto);

const P256 = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNING = { name: "ECDSA", hash: "SHA-256" } as const;
const DAY = 86_400_000;
// A clock that was set back a little must not make a fresh certificate "not yet valid".
/** As a cluster that is not of today: clocks of what runs in it may be behind. */
const BACKDATE = 24 * 3_600_000;

export interface KeyPair {
  certPem: string;
  keyPem: string;
}

export interface Subject {
  /** CN: the user's or server's name. */
  name: string;
  /** O: the user's groups. */
  groups?: readonly string[];
  dns?: readonly string[];
  ips?: readonly string[];
  /** Days that the certificate is valid from now on, default 365. */
  days?: number;
}

async function generateKeys(): Promise<CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(P256, true, ["sign", "verify"])) as CryptoKeyPair;
}

type CryptoKeyPair = { privateKey: webcrypto.CryptoKey; publicKey: webcrypto.CryptoKey };

const pkcs8 = async (key: webcrypto.CryptoKey): Promise<string> =>
  `${PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;

/** The certificate authority of one cluster: ECDSA P-256, valid for a year, kept as PEM in the state folder. */
export class Authority {
  readonly certPem: string;
  readonly keyPem: string;

  constructor(pair: KeyPair) {
    this.certPem = pair.certPem;
    this.keyPem = pair.keyPem;
  }

  static async create(name: string): Promise<Authority> {
    const keys = await generateKeys();
    const certificate = await X509CertificateGenerator.createSelfSigned({
      name: [{ CN: [name] }],
      notBefore: new Date(Date.now() - BACKDATE),
      notAfter: new Date(Date.now() + 365 * DAY),
      signingAlgorithm: SIGNING,
      keys,
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        new KeyUsagesExtension(
          KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature,
          true,
        ),
        // Authorities of one name, as while one follows another, are told apart by it.
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return new Authority({
      certPem: `${certificate.toString("pem")}\n`,
      keyPem: await pkcs8(keys.privateKey),
    });
  }

  /** Issues a certificate that serves for clients and servers alike; key and certificate as PEM. */
  async issue(subject: Subject): Promise<KeyPair> {
    const keys = await generateKeys();
    const issuer = new X509Certificate(this.certPem);
    const names = [
      ...(subject.dns ?? []).map((value) => ({ type: "dns" as const, value })),
      ...(subject.ips ?? []).map((value) => ({ type: "ip" as const, value })),
    ];
    const certificate = await X509CertificateGenerator.create({
      subject: [...(subject.groups ?? []).map((group) => ({ O: [group] })), { CN: [subject.name] }],
      issuer: issuer.subjectName,
      notBefore: new Date(Date.now() - BACKDATE),
      notAfter: new Date(Date.now() + (subject.days ?? 365) * DAY),
      signingAlgorithm: SIGNING,
      publicKey: keys.publicKey,
      signingKey: await this.#signingKey(),
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
        ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
      ],
    });
    return { certPem: `${certificate.toString("pem")}\n`, keyPem: await pkcs8(keys.privateKey) };
  }

  #signingKey(): Promise<webcrypto.CryptoKey> {
    return webcrypto.subtle.importKey("pkcs8", PemConverter.decodeFirst(this.keyPem), P256, false, ["sign"]);
  }
}

/** The key pair with which the API server signs service account tokens. */
export async function createSigningKeys(): Promise<{ keyPem: string; publicPem: string }> {
  const keys = await generateKeys();
  const spki = await webcrypto.subtle.exportKey("spki", keys.publicKey);
  return { keyPem: await pkcs8(keys.privateKey), publicPem: `${PemConverter.encode(spki, "PUBLIC KEY")}\n` };
}

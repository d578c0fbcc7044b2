/** Connects to a TLS server again and again, trusting what is published at that moment and nothing else. */
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:tls";

export interface Handshakes {
  readonly made: number;
  readonly failed: readonly string[];
  /** Fingerprints of the serving certificates seen, and of those that had signed them. */
  readonly certificates: ReadonlySet<string>;
  readonly authorities: ReadonlySet<string>;
}

export function shakeHands(options: { url: string; ca: () => Promise<string>; everyMs: number }): {
  /** So far. */
  readonly seen: Pick<Handshakes, "certificates" | "authorities">;
  stop(): Promise<Handshakes>;
} {
  const { hostname, port } = new URL(options.url);
  const failed: string[] = [];
  const certificates = new Set<string>();
  const authorities = new Set<string>();
  let made = 0;
  let stopped = false;

  async function shake(): Promise<void> {
    const ca = await options.ca();
    // Nothing is published for the moment: nobody would connect anew.
    if (ca === "") return;
    const socket = connect({ host: hostname, port: Number(port), servername: "localhost", ca });
    try {
      await once(socket, "secureConnect");
      const peer = socket.getPeerX509Certificate()!;
      certificates.add(peer.fingerprint256);
      const bundle = ca.split(/(?=-----BEGIN)/).filter((text) => text.startsWith("-----"));
      const signer = bundle.map((pem) => new X509Certificate(pem)).find((by) => peer.verify(by.publicKey));
      authorities.add(signer!.fingerprint256);
      made++;
    } catch (error) {
      failed.push(`${new Date().toISOString()} ${(error as { code?: string }).code ?? String(error)}`);
    } finally {
      socket.destroy();
    }
  }

  const running = (async () => {
    while (!stopped) {
      await shake();
      await new Promise((resolve) => setTimeout(resolve, options.everyMs));
    }
  })();
  return {
    seen: { certificates, authorities },
    async stop() {
      stopped = true;
      await running;
      return { made, failed, certificates, authorities };
    },
  };
}

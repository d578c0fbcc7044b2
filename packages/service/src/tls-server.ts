import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer, type Server } from "node:https";
import type { Registry } from "prom-client";
import { certificatesIn } from "./certificate-chain.ts";
import { Door } from "./door.ts";
import { gauge } from "./metrics.ts";
import { lateFrom, type ServingPair, validityOf, validityPeriod } from "./serving-pair.ts";

/** How often connections are looked through for requests that take too long, in ms: their limits hold to within it. */
const connectionsCheckingInterval = 5_000;
const minVersion = "TLSv1.2";

export interface TlsServer {
  readonly server: Server;
  /** Serves another certificate from now on; connections that are open keep theirs. */
  serve(pair: ServingPair): void;
  /** Authorities (PEM) that may have signed a client's certificate, from now on; what cannot be read is left out. */
  trust(authorities: string): void;
  /** Asked of each connection from now on, before TLS begins: an address that may not open another is closed. */
  admit(mayOpen: (address: string) => boolean): void;
  /** What keeps clients from connecting: there is no certificate to serve, or it has ended. */
  notReady(): string[];
}

export interface ServerTimes {
  /** How long an idle connection stays open, in ms: longer than clients keep theirs, so that it is they who close it. */
  readonly keepAliveMs: number;
  /** From the first byte of a request to its last, in ms. */
  readonly requestMs: number;
}

const timesOf = ({ keepAliveMs, requestMs }: ServerTimes) => ({
  connectionsCheckingInterval,
  keepAliveTimeout: keepAliveMs,
  headersTimeout: 10_000,
  requestTimeout: requestMs,
});

/** A server of HTTP/1.1 without TLS: on loopback, for development and tests. */
export function createPlainServer(times: ServerTimes): HttpServer {
  return createHttpServer(timesOf(times));
}

export interface TlsServerOptions extends ServerTimes {
  /**
   * Asks clients for a certificate. Whoever shows none, or a wrong one, is let in all the same: TLS could refuse it only in
   * a way that nobody reads, so the response has to.
   */
  readonly requestCert?: boolean;
  /** Where gauges tell when the certificate that is served ends, and from when on that is late. */
  readonly registry: Registry;
}

/** A server of HTTP/1.1 over TLS. It takes no handshake before it is given a certificate. */
export function createTlsServer({ requestCert = false, registry, ...times }: TlsServerOptions): TlsServer {
  const door = new Door();
  const server = createServer({
    blockList: door,
    requestCert,
    rejectUnauthorized: false,
    minVersion,
    ALPNProtocols: ["http/1.1"],
    handshakeTimeout: 10_000,
    ...timesOf(times),
  });
  let served: ServingPair | undefined;
  let trusted = "";

  function apply(): void {
    // An empty list and not none at all: that would be every authority Node knows.
    if (!served) return;
    const { cert, key } = served;
    server.setSecureContext({ cert, key, ca: trusted === "" ? [] : trusted, minVersion });
  }

  return {
    server,
    serve(pair) {
      served = pair;
      apply();
      // Not before there is one: 0 would be a certificate that ended long ago.
      const period = validityPeriod(pair) ?? { from: 0, to: 0 };
      gauge(registry, "residency_serving_certificate_expires_timestamp_seconds").set(period.to / 1000);
      gauge(registry, "residency_serving_certificate_late_timestamp_seconds").set(
        lateFrom(period, pair.renewBeforeMs) / 1000,
      );
    },
    trust(authorities) {
      // OpenSSL reads up to the first that is broken, and says nothing.
      trusted = certificatesIn(authorities).join("");
      apply();
    },
    admit(mayOpen) {
      door.mayOpen = mayOpen;
    },
    notReady() {
      if (!served) return ["no serving certificate"];
      return validityOf(served) === "ended" ? ["the serving certificate has ended"] : [];
    },
  };
}

import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { certificatesIn, connectionKey, limitUnauthenticated, type TlsServer } from "@companyos/service";
import { type CallerCredentials, type Identified, identify } from "./caller.ts";
import type { CallerOptions, CallerTrust } from "./callers.ts";
import type { AdmissionMetrics } from "./metrics.ts";

/** Which requests are the API server's, and how many connections of anybody else there may be. */
export interface Identification {
  /** Measures callers by something else from now on. */
  trust(trust: CallerTrust): void;
  /** Who asks. Nothing of the body is read for it. `path`: what follows `/admit/`. */
  identify(request: IncomingMessage, path: string): Identified;
  /** The request was the API server's, as far as can be told. */
  known(request: IncomingMessage): void;
  /** Nobody known asks over this connection, or what callers are measured by is newer: it takes no other request. */
  ends(request: IncomingMessage): boolean;
  notReady(): string[];
}

interface Seen {
  readonly certificate: CallerCredentials["certificate"];
  /** By which trust it was measured; each that takes somebody's trust away begins another. */
  readonly revision: number;
}

export function identifyCallers(
  tls: TlsServer,
  callers: CallerOptions,
  metrics: AdmissionMetrics,
): Identification {
  const { mode, subjects = [] } = callers;
  const { server } = tls;
  const connections = limitUnauthenticated(server, {
    admit: tls.admit,
    onCut: (why) => metrics.strangers.inc({ why }),
  });
  metrics.countUnidentified(() => connections.unauthenticated);
  const seen = new WeakMap<TLSSocket, Seen>();
  let trusted: CallerTrust | undefined;
  let revision = 0;

  // What a handshake measures by is settled when it begins.
  const begun = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
    const key = connectionKey(socket);
    begun.set(key, revision);
    socket.once("close", () => begun.delete(key));
  });
  server.on("secureConnection", (socket: TLSSocket) => {
    const since = begun.get(connectionKey(socket)) ?? revision;
    seen.set(socket, { certificate: certificateOf(socket), revision: since });
    // Before it asks anything: until then it would be among those who are cut.
    if (isProven(whoIs(socket, ""))) connections.authenticated(socket);
  });

  function whoIs(socket: TLSSocket, path: string): Identified {
    const found = seen.get(socket);
    const shown = found?.certificate;
    const certificate = shown && { ...shown, trusted: shown.trusted && found.revision === revision };
    const paths = trusted && "paths" in trusted ? trusted.paths : [];
    return identify({ mode, subjects, paths }, { certificate, path });
  }

  return {
    trust(next) {
      const narrowed = !widens(trusted, next);
      trusted = next;
      if (!("authorities" in next)) return;
      tls.trust(next.authorities);
      if (!narrowed) return;
      // Connections were measured when they were made. Those at rest are ended, the others with the response they wait for.
      revision += 1;
      server.closeIdleConnections();
    },
    identify(request, path) {
      const identified = whoIs(request.socket as TLSSocket, path);
      if ("unidentified" in identified) metrics.strangers.inc({ why: identified.unidentified });
      return identified;
    },
    known: (request) => connections.authenticated(request.socket),
    ends: ({ socket }) =>
      connections.isUnauthenticated(socket) ||
      (seen.get(socket as TLSSocket)?.revision ?? revision) !== revision,
    notReady: () => [...tls.notReady(), ...(mode === "Unverified" ? [] : missing(trusted))],
  };
}

const isProven = (identified: Identified) => "proven" in identified && identified.proven;

function missing(trusted: CallerTrust | undefined): string[] {
  if (trusted && "paths" in trusted)
    return trusted.paths.length > 0 ? [] : ["no path to know the API server by"];
  const authorities = certificatesIn(trusted?.authorities ?? "");
  if (authorities.length === 0) return ["nothing to know the API server by"];
  const current = authorities.some(({ validTo }) => Date.parse(validTo) > Date.now());
  return current ? [] : ["every authority to know the API server by has ended"];
}

/** Everybody who was trusted still is. */
function widens(before: CallerTrust | undefined, after: CallerTrust): boolean {
  const prints = (trust: CallerTrust | undefined) =>
    certificatesIn(trust && "authorities" in trust ? trust.authorities : "").map(
      ({ fingerprint256 }) => fingerprint256,
    );
  const kept = new Set(prints(after));
  return prints(before).every((print) => kept.has(print));
}

/** Undefined when none was shown. */
function certificateOf(socket: TLSSocket): CallerCredentials["certificate"] {
  const { subject } = socket.getPeerCertificate();
  if (!subject) return undefined;
  const { CN } = subject as { CN?: string | string[] };
  // Several names are no name: which of them would be meant?
  return { trusted: socket.authorized, commonName: typeof CN === "string" ? CN : "" };
}

/** What all callers together may hold of a server: connections, and the time to say something. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

import { connectionKey } from "./connection-key.ts";

export interface ConnectionLimits {
  /** Connections at once: of everybody, and of one address. */
  readonly total: number;
  readonly each: number;
}

/** Connections on which somebody signed in: they are kept when there are too many. Whoever signs people in adds them. */
export const familiarConnections = new WeakSet<Socket>();

interface Open {
  readonly raw: Socket;
  readonly address: string;
  /** What requests come on: of TLS another socket than `raw`. Absent until the handshake is done. */
  socket?: Socket;
  busy: number;
}

/**
 * Ends connections when there are too many, so that new ones can be taken: first those that do nothing, the oldest of
 * them first, and of familiar ones none. If all are familiar, the new one ends. Beyond that, a request's head has to
 * be there within 10 s, the whole of it within a minute; give `connectionsCheckingInterval` when making the server.
 *
 * For servers where many sign in, a notary's: those that read tiles or hand in records for hours are spared, and yet
 * have an end, since nobody who signs in is more than the others. Where one caller must always get in, it is
 * `boundStrangers`.
 */
export function limitConnections(server: Server, { total, each }: ConnectionLimits): void {
  server.headersTimeout = 10_000;
  server.requestTimeout = 60_000;
  server.maxHeadersCount = 64;
  const open = new Map<string, Open>();
  const byAddress = new Map<string, Set<Open>>();

  function forget(id: string, entry: Open): void {
    if (open.get(id) === entry) open.delete(id);
    const siblings = byAddress.get(entry.address);
    siblings?.delete(entry);
    if (siblings?.size === 0) byAddress.delete(entry.address);
  }
  // At once: it is closed in a later turn, and others may come before.
  function end(entry: Open): void {
    forget(connectionKey(entry.raw), entry);
    entry.raw.destroy();
  }

  server.on("connection", (raw: Socket) => {
    const id = connectionKey(raw);
    const address = raw.remoteAddress ?? "";
    const entry: Open = { raw, address, busy: 0 };
    const siblings = byAddress.get(address) ?? new Set();
    open.set(id, entry);
    byAddress.set(address, siblings.add(entry));
    raw.once("close", () => forget(id, entry));
    if (siblings.size > each) end(spare(siblings, entry));
    else if (open.size > total) end(spare(open.values(), entry));
  });
  server.on("secureConnection", (socket: Socket) => {
    const entry = open.get(connectionKey(socket));
    if (entry) entry.socket = socket;
  });
  server.prependListener("request", (request: IncomingMessage, response: ServerResponse) => {
    const entry = open.get(connectionKey(request.socket));
    if (!entry) return;
    entry.socket = request.socket;
    entry.busy++;
    response.once("close", () => entry.busy--);
  });
}

function spare(candidates: Iterable<Open>, latest: Open): Open {
  let busy: Open | undefined;
  for (const candidate of candidates) {
    if (candidate === latest || (candidate.socket && familiarConnections.has(candidate.socket))) continue;
    if (candidate.busy === 0) return candidate;
    busy ??= candidate;
  }
  return busy ?? latest;
}

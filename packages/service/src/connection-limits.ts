/** How many connections all clients of a server may hold together. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

import { connectionKey } from "./connection-key.ts";

export interface ConnectionLimits {
  /** Connections at once: of everybody, and of one address. */
  readonly total: number;
  readonly each: number;
}

/** Connections whose client is authenticated: they are kept when there are too many. Whoever authenticates adds them. */
export const authenticatedConnections = new WeakSet<Socket>();

interface Open {
  readonly raw: Socket;
  readonly address: string;
  /** What requests come on: of TLS another socket than `raw`. Absent until the handshake is done. */
  socket?: Socket;
  busy: number;
}

/**
 * Ends connections when there are too many, so that new ones can be taken: first those that do nothing, the oldest of
 * them first, and of authenticated ones none. If all are authenticated, the new one ends.
 *
 * For servers where many clients sign in, such as a notary's: those that read tiles or hand in records for hours are
 * spared, and yet there is a limit for all together. Where one client must always get in, use `limitUnauthenticated`.
 */
export function limitConnections(server: Server, { total, each }: ConnectionLimits): void {
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
    if (candidate === latest || (candidate.socket && authenticatedConnections.has(candidate.socket)))
      continue;
    if (candidate.busy === 0) return candidate;
    busy ??= candidate;
  }
  return busy ?? latest;
}

import type { Server as HttpServer } from "node:http";
import type { Server, Socket } from "node:net";
import { LRUCache } from "lru-cache";
import { type Clock, systemClock } from "./clock.ts";
import { connectionKey } from "./connection-key.ts";
import { refill, type TokenBucket } from "./token-bucket.ts";

/** Unauthenticated connections at most; with TLS each costs up to 100 KB. */
const maxUnauthenticated = 128;
/** New connections a second and at once that one address may open: a handshake costs a millisecond. */
const rates = {
  unauthenticated: { perSecond: 50, burst: 200 },
  authenticated: { perSecond: 500, burst: 500 },
} as const;
/** Addresses that are remembered. */
const maxAddresses = 1_000;

interface Address extends TokenBucket {
  authenticated: boolean;
}

/** Which connections of a server are authenticated, as its owner tells it. */
export interface Authentications {
  /** Whoever asks over this connection is who they should be: it is never cut for others. */
  authenticated(socket: Socket): void;
  /** Nobody authenticated has asked over it yet. */
  isUnauthenticated(socket: Socket): boolean;
  /** Connections that are not authenticated. */
  readonly unauthenticated: number;
}

export interface UnauthenticatedOptions {
  /** Told of each connection that is cut. */
  readonly onCut?: () => void;
  readonly clock?: Pick<Clock, "elapsed">;
}

/**
 * Keeps unauthenticated connections from taking the room, and the time for handshakes, that others need: beyond the
 * limit the oldest is cut, and an address that opens them too fast is cut off before TLS begins.
 *
 * For servers with one client that must always get in, however many connections it opens: the webhook's API server, and
 * probes. Authenticated connections are therefore not limited at all. Where many clients may sign in, and what they
 * hold together must have an end, use `limitConnections`.
 */
export function limitUnauthenticated(
  server: Server,
  { onCut = () => {}, clock = systemClock }: UnauthenticatedOptions = {},
): Authentications {
  const unauthenticated = new Map<string, Socket>();
  const addresses = new LRUCache<string, Address>({ max: maxAddresses });

  server.on("connection", (socket: Socket) => {
    if (!mayOpen(socket.remoteAddress ?? "")) {
      onCut();
      socket.destroy();
      return;
    }
    const key = connectionKey(socket);
    unauthenticated.set(key, socket);
    socket.once("close", () => {
      if (unauthenticated.get(key) === socket) unauthenticated.delete(key);
    });
    if (unauthenticated.size <= maxUnauthenticated) return;
    const [oldest] = unauthenticated;
    unauthenticated.delete(oldest![0]);
    onCut();
    oldest![1].destroy();
  });

  function mayOpen(name: string): boolean {
    const now = clock.elapsed();
    const address = addresses.get(name) ?? {
      authenticated: false,
      tokens: rates.unauthenticated.burst,
      at: now,
    };
    refill(address, address.authenticated ? rates.authenticated : rates.unauthenticated, now);
    addresses.set(name, address);
    if (address.tokens < 1) return false;
    address.tokens -= 1;
    return true;
  }

  return {
    authenticated(socket) {
      if (!unauthenticated.delete(connectionKey(socket))) return;
      const address = addresses.peek(socket.remoteAddress ?? "");
      if (address && !address.authenticated)
        Object.assign(address, { authenticated: true, tokens: rates.authenticated.burst });
    },
    isUnauthenticated: (socket) => unauthenticated.has(connectionKey(socket)),
    get unauthenticated() {
      return unauthenticated.size;
    },
  };
}

/**
 * For a server of metrics and probes, which anybody may read: each connection takes one request, so that whoever asks
 * without end is held by the rate at which an address may connect, and a probe always gets in.
 */
export function limitProbes(server: HttpServer, clock?: Pick<Clock, "elapsed">): void {
  limitUnauthenticated(server, clock && { clock });
  server.maxRequestsPerSocket = 1;
  server.headersTimeout = 5_000;
  server.requestTimeout = 5_000;
}

import type { Server as HttpServer } from "node:http";
import type { Server, Socket } from "node:net";
import { type Clock, systemClock } from "./clock.ts";
import { connectionKey } from "./connection-key.ts";

/** Connections over which nobody known has asked yet, at most; with TLS each costs up to 100 KB. */
const strangersLimit = 128;
/** New connections a second and at once that one address may open: a handshake costs a millisecond. */
const rates = { stranger: { perSecond: 50, burst: 200 }, known: { perSecond: 500, burst: 500 } } as const;
/** Addresses that are remembered. */
const addressesLimit = 1_000;

interface Address {
  known: boolean;
  tokens: number;
  at: number;
}

/** Who at a server is a stranger, as its owner tells it. */
export interface Strangers {
  /** Whoever asked over this connection is known: it is never cut for others. */
  known(socket: Socket): void;
  /** Nobody known has asked over it yet. */
  isStranger(socket: Socket): boolean;
  /** Connections of whom nothing is known. */
  readonly strangers: number;
}

export interface StrangerOptions {
  /** Hears of each connection that is cut. */
  readonly cut?: () => void;
  readonly clock?: Pick<Clock, "elapsed">;
}

/**
 * Keeps strangers from taking the connections, and the time for handshakes, that others need: beyond the limit the oldest
 * connection of nobody known is cut, and an address that opens them faster than it may is cut off before TLS begins.
 *
 * For servers with one caller that must always get in, however many connections it opens: the webhook's API server, and
 * probes. Whoever is known is therefore not limited at all. Where many may sign in, and what they hold together must
 * have an end, it is `limitConnections`.
 */
export function boundStrangers(
  server: Server,
  { cut = () => {}, clock = systemClock }: StrangerOptions = {},
): Strangers {
  const unknown = new Map<string, Socket>();
  const addresses = new Map<string, Address>();

  server.on("connection", (socket: Socket) => {
    if (!mayOpen(socket.remoteAddress ?? "")) {
      cut();
      socket.destroy();
      return;
    }
    const key = connectionKey(socket);
    unknown.set(key, socket);
    socket.once("close", () => {
      if (unknown.get(key) === socket) unknown.delete(key);
    });
    if (unknown.size <= strangersLimit) return;
    const [oldest] = unknown;
    unknown.delete(oldest![0]);
    cut();
    oldest![1].destroy();
  });

  function mayOpen(name: string): boolean {
    const now = clock.elapsed();
    const address = addresses.get(name) ?? { known: false, tokens: rates.stranger.burst, at: now };
    const { perSecond, burst } = address.known ? rates.known : rates.stranger;
    address.tokens = Math.min(burst, address.tokens + ((now - address.at) / 1000) * perSecond);
    address.at = now;
    // Again at the end: the first is who was silent longest.
    addresses.delete(name);
    addresses.set(name, address);
    if (addresses.size > addressesLimit) addresses.delete(addresses.keys().next().value!);
    if (address.tokens < 1) return false;
    address.tokens -= 1;
    return true;
  }

  return {
    known(socket) {
      if (!unknown.delete(connectionKey(socket))) return;
      const address = addresses.get(socket.remoteAddress ?? "");
      if (address && !address.known) Object.assign(address, { known: true, tokens: rates.known.burst });
    },
    isStranger: (socket) => unknown.has(connectionKey(socket)),
    get strangers() {
      return unknown.size;
    },
  };
}

/**
 * For a server of metrics and probes, which anybody may read: each connection takes one request, so that whoever asks
 * without end is held by the rate at which an address may connect, and a probe always gets in.
 */
export function boundProbes(server: HttpServer, clock?: Pick<Clock, "elapsed">): void {
  boundStrangers(server, clock && { clock });
  server.maxRequestsPerSocket = 1;
  server.headersTimeout = 5_000;
  server.requestTimeout = 5_000;
}

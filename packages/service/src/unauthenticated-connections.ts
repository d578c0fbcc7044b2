import type { Server as HttpServer } from "node:http";
import type { Server, Socket } from "node:net";
import { LRUCache } from "lru-cache";
import { type Clock, systemClock } from "./clock.ts";
import { connectionKey } from "./connection-key.ts";
import { refill, type TokenBucket, type TokenRate } from "./token-bucket.ts";

/** Connections at once that are not authenticated; with TLS each costs 20 to 100 KB. */
export interface MostConnections {
  /** Of addresses from which nobody has authenticated yet. */
  readonly strangers: number;
  readonly all: number;
}

/** An API server may open as many at once as it handles requests: 200 that change something by default, often more. */
const most: MostConnections = { strangers: 256, all: 512 };
/** New connections that one address may open: a handshake costs a millisecond. Either budget lets one in. */
interface Rates {
  readonly steady: TokenRate;
  /** For who begins, and never came back in a while. */
  readonly first: TokenRate;
}

/**
 * Of an address from which nobody has authenticated yet. With both as many at once as an API server may begin with: the
 * first of them that authenticates is the last that counts. Whoever comes back every minute to no avail gets few.
 */
const strangersRates: Rates = {
  steady: { perSecond: 2, burst: 20 },
  first: { perSecond: 0.2, burst: 180 },
};
/** Of an address from which somebody has; who authenticates is given theirs back. It holds others who share it. */
const familiarRate: TokenRate = { perSecond: 500, burst: 500 };
/** On plain ports, where nobody authenticates: probes and metrics. */
const probes = {
  rates: { steady: { perSecond: 50, burst: 200 }, first: { perSecond: 0, burst: 0 } },
  most: { strangers: 128, all: 128 },
};
/** Addresses of either kind that are remembered. */
const maxAddresses = 1_000;

/** Why a connection is cut: there were too many, or its address opened them too fast. */
export type CutReason = "crowd" | "too_fast";

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
  readonly onCut?: (why: CutReason) => void;
  /** Takes what says which address may open another connection, where that can be asked sooner than here. */
  readonly admit?: (mayOpen: (address: string) => boolean) => void;
  /** Of an address from which nobody has authenticated. */
  readonly rates?: Rates;
  readonly most?: MostConnections;
  readonly clock?: Pick<Clock, "elapsed">;
}

/**
 * Keeps unauthenticated connections from taking the room, and the time for handshakes, that others need: beyond the
 * limits the oldest is cut, those of unknown addresses first, and an address that opens them too fast is cut off before
 * TLS begins.
 *
 * For servers with one client that must always get in, however many connections it opens: the webhook's API server, and
 * probes. Authenticated connections are therefore not limited at all. Where many clients may sign in, and what they
 * hold together must have an end, use `limitConnections`.
 */
export function limitUnauthenticated(server: Server, options: UnauthenticatedOptions = {}): Authentications {
  const { onCut = () => {}, admit, rates = strangersRates, clock = systemClock } = options;
  const limits = options.most ?? most;
  const unauthenticated = new Map<string, Socket>();
  const strangers = new LRUCache<string, Readonly<Record<keyof Rates, TokenBucket>>>({ max: maxAddresses });
  // Apart: however many addresses strangers have, they push none of these out.
  const familiar = new LRUCache<string, TokenBucket>({ max: maxAddresses });

  admit?.(mayOpen);
  server.on("connection", (socket: Socket) => {
    if (!admit && !mayOpen(socket.remoteAddress ?? "")) {
      socket.destroy();
      return;
    }
    const key = connectionKey(socket);
    unauthenticated.set(key, socket);
    socket.once("close", () => {
      if (unauthenticated.get(key) === socket) unauthenticated.delete(key);
    });
    if (unauthenticated.size > limits.strangers) makeRoom();
  });

  function makeRoom(): void {
    const isFamiliar = ([, socket]: [string, Socket]) => familiar.has(socket.remoteAddress ?? "");
    const unknown = [...unauthenticated].filter((entry) => !isFamiliar(entry));
    if (unknown.length <= limits.strangers && unauthenticated.size <= limits.all) return;
    const [oldest] = unknown.length > 0 ? unknown : unauthenticated;
    unauthenticated.delete(oldest![0]);
    onCut("crowd");
    oldest![1].destroy();
  }

  function mayOpen(address: string): boolean {
    const now = clock.elapsed();
    const known = familiar.get(address);
    const may = known ? take(known, familiarRate, now) : strangerMay(address, now);
    if (!may) onCut("too_fast");
    return may;
  }

  function strangerMay(address: string, now: number): boolean {
    const full = ({ burst }: TokenRate) => ({ tokens: burst, at: now });
    const spent = strangers.get(address) ?? { steady: full(rates.steady), first: full(rates.first) };
    strangers.set(address, spent);
    return take(spent.steady, rates.steady, now) || take(spent.first, rates.first, now);
  }

  return {
    authenticated(socket) {
      if (!unauthenticated.delete(connectionKey(socket))) return;
      const address = socket.remoteAddress ?? "";
      const known = familiar.peek(address);
      if (known) known.tokens = Math.min(familiarRate.burst, known.tokens + 1);
      else familiar.set(address, { tokens: familiarRate.burst, at: clock.elapsed() });
      strangers.delete(address);
    },
    isUnauthenticated: (socket) => unauthenticated.has(connectionKey(socket)),
    get unauthenticated() {
      return unauthenticated.size;
    },
  };
}

function take(bucket: TokenBucket, rate: TokenRate, now: number): boolean {
  refill(bucket, rate, now);
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

/**
 * For a server of metrics and probes, which anybody may read: each connection takes one request, so that whoever asks
 * without end is held by the rate at which an address may connect, and a probe always gets in.
 */
export function limitProbes(server: HttpServer, clock?: Pick<Clock, "elapsed">): void {
  limitUnauthenticated(server, { ...probes, ...(clock && { clock }) });
  server.maxRequestsPerSocket = 1;
  server.headersTimeout = 5_000;
  server.requestTimeout = 5_000;
}

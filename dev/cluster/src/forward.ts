import { connect, createServer, type Socket } from "node:net";

/** Where connections go: `host` defaults to 127.0.0.1. */
export interface Target {
  port: number;
  host?: string;
}

export interface Forward {
  readonly port: number;
  /** Replaces the targets for connections that arrive from now on. */
  setTargets(targets: readonly Target[]): void;
  /** Stops listening and closes every connection. */
  stop(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 1_000;

function dial(target: Target): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: target.host ?? "127.0.0.1", port: target.port, allowHalfOpen: true });
    const fail = () => {
      socket.destroy();
      resolve(undefined);
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, fail);
    socket.once("error", fail);
    socket.once("connect", () => {
      socket.setTimeout(0);
      socket.removeListener("error", fail);
      resolve(socket);
    });
  });
}

function join(a: Socket, b: Socket): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.setNoDelay(true);
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
    from.pipe(to);
  }
}

/**
 * A TCP balancer on loopback: what a Service does in a cluster, for processes of this machine. Connections go
 * round robin; a target that refuses or does not respond within a second is skipped; when all do, the connection
 * is closed. `listenPort` 0 takes any free one.
 */
export async function forward(listenPort: number, targets: readonly Target[]): Promise<Forward> {
  let current = [...targets];
  let next = 0;
  const open = new Set<Socket>();
  const track = (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, async (client) => {
    track(client);
    client.on("error", () => client.destroy());
    const tried = current;
    const first = next++;
    for (let i = 0; i < tried.length && !client.destroyed; i++) {
      const upstream = await dial(tried[(first + i) % tried.length]!);
      if (!upstream) continue;
      if (client.destroyed) return void upstream.destroy();
      track(upstream);
      join(client, upstream);
      client.resume();
      return;
    }
    client.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: listenPort, exclusive: true }, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : listenPort,
    setTargets(targets) {
      current = [...targets];
    },
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

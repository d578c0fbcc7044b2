import type { Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export interface Address {
  /** Default `0.0.0.0`. */
  readonly host?: string | undefined;
  /** 0 takes a free port; what `listen` returns tells which. */
  readonly port: number;
}

/** Every connection of a server, also those that are not through TLS yet: `closeAllConnections` does not know those. */
const connections = new WeakMap<Server, Set<Socket>>();

function track(server: Server): void {
  const open = new Set<Socket>();
  connections.set(server, open);
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
}

/** Starts listening; gives the `host:port` at which it is reached on this machine. Rejects when the address is taken. */
export function listen(server: Server, address: Address): Promise<string> {
  const host = address.host ?? "0.0.0.0";
  if (!connections.has(server)) track(server);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address.port, host, () => {
      server.removeListener("error", reject);
      const { port } = server.address() as AddressInfo;
      const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
      resolve(`${name.includes(":") ? `[${name}]` : name}:${port}`);
    });
  });
}

/**
 * Accepts no more, lets requests in flight finish for at most `graceMs`, then cuts what is left.
 * Idle keep-alive connections end at once. A server that does not listen is no error.
 */
export function close(server: Server, graceMs: number): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections();
      for (const socket of connections.get(server) ?? []) socket.destroy();
    }, graceMs);
    // A connection that was busy when closing began becomes idle later.
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    server.close(() => {
      clearTimeout(cut);
      clearInterval(idle);
      resolve();
    });
    server.closeIdleConnections();
  });
}

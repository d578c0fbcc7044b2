import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Address {
  /** Default `0.0.0.0`. */
  readonly host?: string | undefined;
  /** 0 takes a free port; what `listen` returns tells which. */
  readonly port: number;
}

/** Starts listening; gives the `host:port` at which it is reached on this machine. Rejects when the address is taken. */
export function listen(server: Server, address: Address): Promise<string> {
  const host = address.host ?? "0.0.0.0";
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
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
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

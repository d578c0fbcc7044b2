import { createServer } from "node:http";
import { connect } from "node:net";
import { type Address, close, listen } from "../src/index.ts";

/** Two addresses of one port: at the first somebody listens already, the second is free. */
export async function takenPort(): Promise<{ taken: Address; free: Address; end(): Promise<void> }> {
  const server = createServer();
  const url = new URL(`http://${await listen(server, { host: "127.0.0.1", port: 0 })}`);
  const port = Number(url.port);
  return {
    taken: { host: "127.0.0.1", port },
    free: { host: "127.0.0.2", port },
    end: () => close(server, 0),
  };
}

/** Whether anybody listens there. */
export function listens({ host = "127.0.0.1", port }: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

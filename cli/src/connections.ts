import type { Socket } from "node:net";
import { Agent, buildConnector } from "undici";

export interface Connections {
  readonly agent: Agent;
  /** Ends all at once, those that are being made too: a process that has one of these does not end. */
  destroy(): Promise<void>;
}

/** Connections under a certificate authority. `timeoutMs`: longest wait for one. */
export function connectionsUnder(ca: string, timeoutMs: number): Connections {
  const connect = buildConnector({ ca, timeout: timeoutMs });
  const sockets = new Set<Socket>();
  const agent = new Agent({
    connect(options, callback) {
      // It returns the socket, which its type does not say.
      const socket = connect(options, callback) as unknown as Socket;
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    },
  });
  return {
    agent,
    async destroy() {
      // Not `close`, which waits for responses that nobody reads any more.
      await agent.destroy();
      for (const socket of sockets) socket.destroy();
    },
  };
}

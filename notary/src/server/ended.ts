import type { Socket } from "node:net";
import type { Request, Response } from "express";

/**
 * Aborted when the response has ended or the connection is gone; already aborted if that has happened. An event is not
 * enough: a listener added later would wait for ever, and a pipelined request emits none when its connection is cut.
 */
export function endOf({ socket }: Request, response: Response): AbortSignal {
  const end = new AbortController();
  if (response.closed || socket.destroyed) end.abort();
  else {
    const requests = underWay(socket);
    const ended = () => {
      response.off("close", ended);
      requests.delete(ended);
      end.abort();
    };
    response.once("close", ended);
    requests.add(ended);
  }
  return end.signal;
}

const connections = new WeakMap<Socket, Set<() => void>>();

/** What to call when a connection closes. One listener for all: a client may send many requests without waiting. */
function underWay(socket: Socket): Set<() => void> {
  const known = connections.get(socket);
  if (known !== undefined) return known;
  const requests = new Set<() => void>();
  connections.set(socket, requests);
  socket.once("close", () => {
    for (const ended of [...requests]) ended();
  });
  return requests;
}

/** Calls back once that is so: at once when it is. */
export function onceAborted(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then();
  else signal.addEventListener("abort", then, { once: true });
}

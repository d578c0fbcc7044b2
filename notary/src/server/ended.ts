import type { Request, Response } from "express";

/**
 * Aborted when the response has ended or the connection is gone; already aborted if that has happened. An event is not
 * enough: a listener added later would wait for ever, and a pipelined request emits none when its connection is cut.
 */
export function endOf({ socket }: Request, response: Response): AbortSignal {
  const end = new AbortController();
  if (response.closed || socket.destroyed) end.abort();
  else {
    const ended = () => {
      response.off("close", ended);
      socket.off("close", ended);
      end.abort();
    };
    response.once("close", ended);
    socket.once("close", ended);
  }
  return end.signal;
}

/** Calls back once that is so: at once when it is. */
export function onceAborted(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then();
  else signal.addEventListener("abort", then, { once: true });
}

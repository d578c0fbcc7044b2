import type { Request, Response } from "express";

/**
 * Aborted once the answer is out or its connection gone; already aborted when that was before. An event would not do:
 * who waits for it after asking somebody else waits for ever, and the answer to a request that came right behind
 * another on its connection has no event when both are cut off.
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

import { type Dispatcher, errors } from "undici";

type Response = Dispatcher.ResponseData;

interface Silence {
  /** Milliseconds of silence in questions that are over; nothing was heard since. */
  used: number;
  /** Of those that wait now. */
  open: number;
  since: number;
}

/**
 * How long each server may be silent, in all that a command asks it: connecting, until its response begins, and within that. What
 * it sends gives it the whole time again; one that used it up is not asked any more, so that it is waited for once.
 */
export class SilenceBudget {
  readonly #totalMs: number;
  readonly #silences = new Map<string, Silence>();

  constructor(totalMs: number) {
    this.#totalMs = totalMs;
  }

  /**
   * The response to one question to the server at `url`. `mostMs`: this question waits no longer. Rejects with undici's
   * HeadersTimeoutError when the server is silent, else as `send` does.
   */
  async within(
    url: string,
    mostMs: number,
    send: (signal: AbortSignal) => Promise<Response>,
  ): Promise<Response> {
    const silence = this.#of(new URL(url).origin);
    const left = this.#totalMs - silence.used - (silence.open > 0 ? performance.now() - silence.since : 0);
    if (left <= 0) throw silentFor(this.#totalMs);
    const ms = Math.min(mostMs, left);
    const giveUp = new AbortController();
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const error = silentFor(Math.min(mostMs, this.#totalMs));
      giveUp.abort(error);
      late.reject(error);
    }, ms);
    if (silence.open++ === 0) silence.since = performance.now();
    try {
      const sent = send(giveUp.signal);
      // A request that waits for a connection looks at its signal once it has one.
      sent.catch(() => {});
      const response = await Promise.race([sent, late.promise]);
      silence.used = 0;
      silence.since = performance.now();
      response.body.once("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "UND_ERR_BODY_TIMEOUT") silence.used = this.#totalMs;
      });
      return response;
    } catch (error) {
      if (giveUp.signal.aborted && ms >= left) silence.used = this.#totalMs;
      throw error;
    } finally {
      clearTimeout(timer);
      if (--silence.open === 0) silence.used += performance.now() - silence.since;
    }
  }

  #of(origin: string): Silence {
    const known = this.#silences.get(origin) ?? { used: 0, open: 0, since: 0 };
    this.#silences.set(origin, known);
    return known;
  }
}

function silentFor(ms: number): Error {
  return new errors.HeadersTimeoutError(`it sent nothing for ${ms / 1000} s`);
}

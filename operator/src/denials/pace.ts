/**
 * How often the logs are told of refusals that go on: at once at first, then after pauses that grow. A controller that is
 * refused tries for ever; what is counted meanwhile is in the next receipt.
 */

import { waitAfter } from "@companyos/service/backoff";

/** Tellings in a row without a pause of ours. */
const prompt = 8;
const firstPauseMs = 2_000;
const longestPauseMs = 300_000;
/** So long, and twice the next pause, there must have been nothing to tell. */
const calmMs = 60_000;

export function pauseAfter(times: number): number {
  return times < prompt ? 0 : waitAfter(times - prompt + 1, { first: firstPauseMs, max: longestPauseMs });
}

/** By policy or webhook. Times are `clock.elapsed`, in ms. */
export class Paces {
  readonly #told = new Map<string, { readonly times: number; readonly at: number }>();

  mayTell(name: string, now: number): boolean {
    const { times, at } = this.#told.get(name) ?? { times: 0, at: 0 };
    return now - at >= pauseAfter(times);
  }

  told(name: string, now: number): void {
    const { times, at } = this.#told.get(name) ?? { times: 0, at: 0 };
    const isCalm = now - at >= Math.max(calmMs, 2 * pauseAfter(times));
    this.#told.set(name, { times: isCalm ? 1 : times + 1, at: now });
  }
}

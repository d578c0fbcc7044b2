import type { ReceiptEvent } from "@companyos/receipts";
import type { Logger } from "@companyos/service";
import { Counter, type Registry } from "prom-client";

/** A receipt that waits for its journal. Sent under `rid` however often it takes. */
export interface Owed {
  readonly rid: string;
}

/** Receipts kept for one name, tenant or node while nobody takes them: above, the oldest are given up. */
export const mostOwed = 100;

/** What is owed once `more` is, too, oldest first. Pure. */
export function owing<T extends Owed>(owed: readonly T[] | undefined, more: readonly T[]): readonly T[] {
  return [...(owed ?? []), ...more].slice(-mostOwed);
}

/** How many of the oldest `owing` gives up. Pure. */
export function surplus(owed: readonly Owed[] | undefined, more: number): number {
  return Math.max(0, (owed?.length ?? 0) + more - mostOwed);
}

/** What is owed once that receipt is durable in its journal. Pure. */
export function paid<T extends Owed>(owed: readonly T[] | undefined, rid: string): readonly T[] {
  return (owed ?? []).filter((one) => one.rid !== rid);
}

/** Told of receipts that no log will ever have, of one type; nothing is told of none. */
export type GiveUp = (
  lost: number,
  what: { readonly type: ReceiptEvent["type"]; readonly log: Logger; readonly of: string },
) => void;

/** Counts and logs them: nothing is given up in silence. */
export function givingUp(registry: Registry): GiveUp {
  const counter = new Counter({
    name: "residency_receipts_given_up_total",
    help: "Receipts that waited for a journal or a notary until there were too many, and that no log will have",
    labelNames: ["type"],
    registers: [registry],
  });
  return (lost, { type, log, of }) => {
    if (lost <= 0) return;
    counter.inc({ type }, lost);
    log.error("the oldest receipts that are owed are given up: too many wait", {
      type,
      of,
      lost,
      most: mostOwed,
    });
  };
}

/**
 * Sends what is owed to several logs, in order and each on its own: what one journal refuses does not keep the others from
 * theirs. `send` crosses off what is durable, so that trying again sends only the rest. Rejects with the first refusal
 * once every one was tried.
 */
export async function eachOwed<T>(owed: readonly T[], send: (one: T) => Promise<void>): Promise<void> {
  const refused: unknown[] = [];
  for (const one of owed) await send(one).catch((error: unknown) => refused.push(error));
  if (refused.length > 0) throw refused[0];
}

/** Configured addresses of notaries, and which logs they really keep. */

import { pooled } from "@companyos/kube";
import type { Dispatcher } from "undici";
import { boundedText, small } from "./bounded-text.ts";
import { CannotAsk } from "./cannot-ask.ts";
import type { NotaryIdentity } from "./trust/compose.ts";

export interface NotaryAddress {
  /** As configured with the address. */
  readonly region: string;
  readonly url: string;
}

export interface Notary extends NotaryAddress {
  /** For people: the region; with the host where a region has several. */
  readonly name: string;
}

export interface NotaryRequests {
  /**
   * One request to a notary, signed in, over TLS under the product's CA. `timeoutMs`: longest time in which nothing of
   * the response comes, where `--timeout` allows it that long. `public`: not signed in, for what a notary tells everybody. Rejects with
   * CannotAsk for what is wrong on this side, else when the notary is not reached.
   */
  ask(
    url: string,
    init?: { method?: "GET" | "POST"; body?: unknown; timeoutMs?: number; public?: boolean },
  ): Promise<Dispatcher.ResponseData>;
}

/** A notary's identity; undefined: it was not reached, or is no notary. */
export type Identity = Pick<NotaryIdentity, "region" | "origin"> | undefined;

export function named(addresses: readonly NotaryAddress[]): Notary[] {
  return addresses.map(({ region, url }) => {
    const alone = addresses.filter((other) => other.region === region).length === 1;
    return { region, url, name: alone ? region : `${region}@${new URL(url).host}` };
  });
}

/** Logs of which little is asked, at the same time: several silent ones are waited for together. */
export const atOnce = 32;

/** Timeout of `GET /v1/identity`, which is cheap. */
const longestMs = 10_000;

/**
 * The identity of each, in their order. Rejects when one keeps the log of another region than configured, and when two keep
 * one log: else receipts would be listed, proved or trusted under a wrong name. One that does not respond is no error.
 */
export async function identitiesOf(
  session: NotaryRequests,
  notaries: readonly Notary[],
  timeoutMs = longestMs,
): Promise<Identity[]> {
  const identities = await pooled(notaries, atOnce, (notary) => identityOf(session, notary, timeoutMs));
  checkIdentities(notaries, identities);
  return identities;
}

/** Throws as `identitiesOf` rejects. */
export function checkIdentities(notaries: readonly Notary[], identities: readonly Identity[]): void {
  const byOrigin = new Map<string, Notary>();
  for (const [i, notary] of notaries.entries()) {
    const identity = identities[i];
    if (identity === undefined) continue;
    const other = byOrigin.get(identity.origin);
    if (other !== undefined)
      throw new Error(
        `${other.name} and ${notary.name} both respond as the log ${identity.origin}: correct --notaries`,
      );
    byOrigin.set(identity.origin, notary);
  }
  for (const [i, notary] of notaries.entries()) {
    const trouble = mislabelled(notary, identities[i]);
    if (trouble !== undefined) throw new Error(trouble);
  }
}

/** What is wrong with the region that the address is given under. */
export function mislabelled({ region, url }: NotaryAddress, identity: Identity): string | undefined {
  if (identity === undefined || identity.region === region) return undefined;
  return `--notaries says ${region}=${url}, but the log there is ${identity.origin} of ${identity.region}: correct the region`;
}

/** Rejects with CannotAsk alone. */
export async function identityOf(
  session: NotaryRequests,
  { url }: NotaryAddress,
  timeoutMs = longestMs,
): Promise<Identity> {
  try {
    const { statusCode, body } = await session.ask(`${url}/v1/identity`, {
      timeoutMs: Math.min(timeoutMs, longestMs),
      public: true,
    });
    const text = await boundedText(body, small);
    if (statusCode !== 200) return undefined;
    const { region, origin } = JSON.parse(text) as Record<string, unknown>;
    return typeof region === "string" && typeof origin === "string" ? { region, origin } : undefined;
  } catch (error) {
    if (error instanceof CannotAsk) throw error;
    return undefined;
  }
}

/** Who is calling, and may they? Kubernetes says both; its responses are remembered for seconds, and questions limited. */

import { hash } from "node:crypto";
import { createExpiring } from "../expiring.ts";
import { addressName } from "./address-name.ts";
import { QuestionBudget, type QuestionLimits } from "./question-budget.ts";
import type { ResourceAttributes, Reviewer, User } from "./reviewer.ts";

/** Where a request comes from. */
export interface Peer {
  readonly address: string | undefined;
  /** Somebody was authenticated on this connection before. */
  readonly authenticated: boolean;
}

export interface Authenticator {
  /**
   * Undefined when the token is nobody's. Throws OverBudget when the peer has asked too often for nothing, BusyError when
   * too many questions are under way, another error when nobody can tell now: NotAsked when that was found out before.
   */
  authenticate(token: string, peer?: Peer): Promise<User | undefined>;
  /** Throws as `authenticate`. */
  authorize(user: User, attributes: ResourceAttributes): Promise<boolean>;
}

export interface AuthenticatorOptions {
  readonly reviewer: Reviewer;
  /** How long a good response is believed, in ms. Default 10,000. */
  readonly cacheMs?: number;
  /** How long a refusal is believed, of a token or of a right, in ms. Default 2,000. */
  readonly refusedMs?: number;
  /** Milliseconds; default: since the process began. */
  readonly now?: () => number;
}

/** Tokens that nobody knows, by address. What holds every token is what an API server serves with ease. */
const unknownTokens: QuestionLimits = { atOnce: 16, each: 4, waiting: 32, burst: 20, perSecond: 2 };
/** Rights that somebody does not have, by user. Who reads of many tenants at once is known. */
const missingRights: QuestionLimits = { atOnce: 16, each: 4, waiting: 60, burst: 60, perSecond: 10 };
/** How long a token that was good goes before those nobody knows, in ms. It is reviewed all the same. */
const knownTokenMs = 3_600_000;

/** Asks the reviewer; remembers its responses under a digest of the token. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { reviewer, cacheMs = 10_000, refusedMs = 2_000 } = options;
  // Not the wall clock: set back by an hour, it would make responses good for an hour.
  const now = options.now ?? (() => performance.now());
  const users = createExpiring<User>(cacheMs, now);
  const refused = createExpiring<true>(refusedMs, now);
  const known = createExpiring<true>(knownTokenMs, now);
  const granted = createExpiring<true>(cacheMs, now);
  const withheld = createExpiring<true>(refusedMs, now);
  const unknown = new QuestionBudget(unknownTokens, now);
  const missing = new QuestionBudget(missingRights, now);
  const reviews = new Map<string, Promise<User | undefined>>();
  const questions = new Map<string, Promise<boolean>>();

  return {
    async authenticate(token, peer) {
      const key = digest(token);
      const user = users.get(key);
      if (user) return user;
      if (refused.get(key)) return undefined;
      let asked = reviews.get(key);
      if (asked === undefined) {
        const free = peer === undefined || peer.authenticated || known.get(key);
        const ask = () => reviewer.reviewToken(token);
        asked = (free ? ask() : unknown.ask(addressName(peer.address), ask, Boolean)).finally(() =>
          reviews.delete(key),
        );
        reviews.set(key, asked);
      }
      const found = await asked;
      if (found === undefined) refused.set(key, true);
      else {
        users.set(key, found);
        known.set(key, true);
      }
      return found;
    },
    async authorize(user, attributes) {
      const key = digest(JSON.stringify([user, attributes]));
      if (granted.get(key)) return true;
      if (withheld.get(key)) return false;
      let asked = questions.get(key);
      if (asked === undefined) {
        const ask = () => reviewer.reviewAccess(user, attributes);
        asked = missing.ask(user.username, ask, Boolean).finally(() => questions.delete(key));
        questions.set(key, asked);
      }
      const allowed = await asked;
      (allowed ? granted : withheld).set(key, true);
      return allowed;
    },
  };
}

function digest(text: string): string {
  return hash("sha256", text, "base64");
}

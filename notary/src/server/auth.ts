/** Who is calling, and may they? Kubernetes answers both: TokenReview and SubjectAccessReview. */

import { hash } from "node:crypto";

import type { KubeClient } from "@companyos/kube";

import { type Budget, Budgets, nameOf } from "./budgets.ts";
import { Expiring } from "./expiring.ts";

export interface User {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
}

export interface Action {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  /** One object; absent: any of them. */
  readonly name?: string;
}

/** Where a request comes from. */
export interface Peer {
  readonly address: string | undefined;
  /** Somebody signed in on this connection before. */
  readonly known: boolean;
}

export interface Authenticator {
  /**
   * Undefined when the token is nobody's. Throws OverBudget when the peer has asked too often for nothing, another
   * error when the answer cannot be had now.
   */
  authenticate(token: string, peer?: Peer): Promise<User | undefined>;
  /** Throws as `authenticate`. */
  authorize(user: User, action: Action): Promise<boolean>;
}

export interface KubernetesAuthOptions {
  readonly client: KubeClient;
  /** Audience the token must carry; default: one of the API server's own. */
  readonly audience?: string;
  /** How long a good answer is believed, in ms. Default 10,000. */
  readonly cacheMs?: number;
  /** How long a refusal is believed, of a token or of a right, in ms. Default 2,000. */
  readonly refusedMs?: number;
  /** Milliseconds; default: since the process began. */
  readonly now?: () => number;
}

interface TokenReview {
  status?: {
    authenticated?: boolean;
    audiences?: string[];
    user?: { username?: string; uid?: string; groups?: string[] };
  };
}

/** Tokens that nobody knows, by address. What holds every token is what an API server answers with ease. */
const strangers: Budget = { atOnce: 16, each: 4, burst: 20, perSecond: 2 };
/** Rights that somebody does not have, by user. */
const refusals: Budget = { atOnce: 16, each: 4, burst: 60, perSecond: 10 };
/** How long a token that was good goes before those of strangers, in ms. It is asked about all the same. */
const familiarMs = 3_600_000;

/** Asks the API server; remembers answers for a few seconds, under a digest of the token. */
export function kubernetesAuthenticator(options: KubernetesAuthOptions): Authenticator {
  const { client, audience } = options;
  // Not the wall clock: set back by an hour, it would make answers good for an hour.
  const now = options.now ?? (() => performance.now());
  const users = new Expiring<User>(options.cacheMs ?? 10_000, now);
  const refusedMs = options.refusedMs ?? 2_000;
  const refused = new Expiring<true>(refusedMs, now);
  const familiar = new Expiring<true>(familiarMs, now);
  const grants = new Expiring<true>(options.cacheMs ?? 10_000, now);
  const withheld = new Expiring<true>(refusedMs, now);
  const [unknown, denied] = [new Budgets(strangers, now), new Budgets(refusals, now)];
  const reviews = new Map<string, Promise<User | undefined>>();

  async function review(token: string): Promise<User | undefined> {
    const answer = (await post(client, "/apis/authentication.k8s.io/v1/tokenreviews", {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token, ...(audience === undefined ? {} : { audiences: [audience] }) },
    })) as TokenReview;
    const { status } = answer;
    if (status?.authenticated !== true || !status.user?.username) return undefined;
    // An authenticator that knows no audiences returns none: then the token was not checked for ours.
    if (audience !== undefined && !status.audiences?.includes(audience)) return undefined;
    const { username, uid = "", groups = [] } = status.user;
    return { username, uid, groups };
  }

  return {
    async authenticate(token, peer) {
      const key = digest(token);
      const user = users.get(key);
      if (user) return user;
      if (refused.get(key)) return undefined;
      let asked = reviews.get(key);
      if (asked === undefined) {
        const free = peer === undefined || peer.known || familiar.get(key);
        const ask = () => review(token);
        asked = (free ? ask() : unknown.ask(nameOf(peer.address), ask, Boolean)).finally(() =>
          reviews.delete(key),
        );
        reviews.set(key, asked);
      }
      const found = await asked;
      if (found === undefined) refused.set(key, true);
      else {
        users.set(key, found);
        familiar.set(key, true);
      }
      return found;
    },
    async authorize(user, action) {
      const key = digest(JSON.stringify([user, action]));
      if (grants.get(key)) return true;
      if (withheld.get(key)) return false;
      const allowed = await denied.ask(user.username, () => mayDo(client, user, action), Boolean);
      (allowed ? grants : withheld).set(key, true);
      return allowed;
    },
  };
}

async function mayDo(client: KubeClient, user: User, action: Action): Promise<boolean> {
  const review = (await post(client, "/apis/authorization.k8s.io/v1/subjectaccessreviews", {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    spec: { user: user.username, uid: user.uid, groups: user.groups, resourceAttributes: action },
  })) as { status?: { allowed?: boolean } };
  return review.status?.allowed === true;
}

async function post(client: KubeClient, path: string, body: unknown): Promise<unknown> {
  const answer = await client.raw(path, { method: "POST", body, timeoutMs: 5_000 });
  if (answer.status !== 200 && answer.status !== 201) {
    throw new Error(`${path} answered ${answer.status}: the notary's service account needs "create" on it`);
  }
  return JSON.parse(answer.text) as unknown;
}

function digest(text: string): string {
  return hash("sha256", text, "base64");
}

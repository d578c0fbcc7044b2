/** Who is calling, and may they? Kubernetes answers both: TokenReview and SubjectAccessReview. */

import { hash } from "node:crypto";

import type { KubeClient } from "@companyos/kube";

export interface User {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
}

export interface Action {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** One object; absent: any of them. */
  readonly name?: string;
}

export interface Authenticator {
  /** Undefined when the token is nobody's. Throws when the answer cannot be had now. */
  authenticate(token: string): Promise<User | undefined>;
  authorize(user: User, action: Action): Promise<boolean>;
}

export interface KubernetesAuthOptions {
  readonly client: KubeClient;
  /** Audience the token must carry; default: one of the API server's own. */
  readonly audience?: string;
  /** How long a good answer is believed, in ms. Default 10,000. Refusals are never remembered. */
  readonly cacheMs?: number;
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

/** Asks the API server; remembers good answers for a few seconds, under a digest of the token. */
export function kubernetesAuthenticator(options: KubernetesAuthOptions): Authenticator {
  const { client, audience } = options;
  // Not the wall clock: set back by an hour, it would make answers good for an hour.
  const now = options.now ?? (() => performance.now());
  const users = new Remembered<User>(options.cacheMs ?? 10_000, now);
  const grants = new Remembered<true>(options.cacheMs ?? 10_000, now);
  return {
    async authenticate(token) {
      const key = digest(token);
      const known = users.get(key);
      if (known) return known;
      const review = (await post(client, "/apis/authentication.k8s.io/v1/tokenreviews", {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenReview",
        spec: { token, ...(audience === undefined ? {} : { audiences: [audience] }) },
      })) as TokenReview;
      const { status } = review;
      if (status?.authenticated !== true || !status.user?.username) return undefined;
      // An authenticator that knows no audiences returns none: then the token was not checked for ours.
      if (audience !== undefined && !status.audiences?.includes(audience)) return undefined;
      const user = {
        username: status.user.username,
        uid: status.user.uid ?? "",
        groups: status.user.groups ?? [],
      };
      users.set(key, user);
      return user;
    },
    async authorize(user, action) {
      const key = digest(JSON.stringify([user, action]));
      if (grants.get(key)) return true;
      const review = (await post(client, "/apis/authorization.k8s.io/v1/subjectaccessreviews", {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: { user: user.username, uid: user.uid, groups: user.groups, resourceAttributes: action },
      })) as { status?: { allowed?: boolean } };
      if (review.status?.allowed !== true) return false;
      grants.set(key, true);
      return true;
    },
  };
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

/** Answers with an end: at most 4,096 of them, each for `ms`. */
class Remembered<T> {
  readonly #ms: number;
  readonly #now: () => number;
  readonly #answers = new Map<string, { value: T; until: number }>();

  constructor(ms: number, now: () => number) {
    this.#ms = ms;
    this.#now = now;
  }

  get(key: string): T | undefined {
    const answer = this.#answers.get(key);
    if (answer === undefined) return undefined;
    if (answer.until > this.#now()) return answer.value;
    this.#answers.delete(key);
    return undefined;
  }

  set(key: string, value: T): void {
    if (this.#answers.size >= 4_096) this.#answers.clear();
    this.#answers.set(key, { value, until: this.#now() + this.#ms });
  }
}

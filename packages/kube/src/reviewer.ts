import type { Reviewer } from "@companyos/service";
import type { KubeClient } from "./client.ts";
import { KubeError } from "./errors.ts";

interface TokenReview {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly audiences?: readonly string[];
    readonly user?: {
      readonly username?: string;
      readonly uid?: string;
      readonly groups?: readonly string[];
      readonly extra?: Readonly<Record<string, readonly string[]>>;
    };
  };
}

/**
 * Asks by TokenReview and SubjectAccessReview. `audience` that tokens must carry; default: one of the API server's own.
 */
export function kubernetesReviewer(client: KubeClient, audience?: string): Reviewer {
  async function post(path: string, body: unknown): Promise<unknown> {
    const response = await client.raw(path, { method: "POST", body, timeoutMs: 5_000 });
    if (response.status !== 200 && response.status !== 201)
      throw new KubeError({
        status: response.status,
        reason: "ReviewRefused",
        message: `${path} responded ${response.status}: our service account needs "create" on it`,
      });
    return JSON.parse(response.text) as unknown;
  }

  return {
    async reviewToken(token) {
      const { status } = (await post("/apis/authentication.k8s.io/v1/tokenreviews", {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenReview",
        spec: { token, ...(audience === undefined ? {} : { audiences: [audience] }) },
      })) as TokenReview;
      if (status?.authenticated !== true || !status.user?.username) return undefined;
      // An authenticator that knows no audiences returns none: then the token was not checked for ours.
      if (audience !== undefined && !status.audiences?.includes(audience)) return undefined;
      const { username, uid = "", groups = [], extra } = status.user;
      return { username, uid, groups, ...(extra && { extra }) };
    },
    async reviewAccess({ username, uid, groups, extra }, resourceAttributes) {
      const { status } = (await post("/apis/authorization.k8s.io/v1/subjectaccessreviews", {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: { user: username, uid, groups, extra, resourceAttributes },
      })) as { status?: { allowed?: boolean } };
      return status?.allowed === true;
    },
  };
}

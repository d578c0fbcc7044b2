import { readFile } from "node:fs/promises";
import type { KubeClient } from "@companyos/kube";
import type { Dispatcher } from "undici";

type Answer = Dispatcher.ResponseData;

/** Sends a request with a bearer token that a notary takes, and gives its answer. */
export type SignIn = (send: (token: string) => Promise<Answer>) => Promise<Answer>;

/**
 * People sign in to notaries as themselves, with the token of their kubeconfig, where it has one. Whom that gets
 * nothing, and who signs in with a certificate, goes on as companyos-auditor if they may request a token for it.
 */
export function signInTo(
  client: KubeClient,
  flags: { readonly namespace: string; readonly tokenFile?: string },
): SignIn {
  let asking: ReturnType<typeof auditorToken> | undefined;
  let auditor: string | undefined;
  return async (send) => {
    if (flags.tokenFile) return send((await readFile(flags.tokenFile, "utf8")).trim());
    if (auditor !== undefined) return send(auditor);
    const own = await client.bearer();
    const answer = own === undefined ? undefined : await send(own);
    if (answer && answer.statusCode !== 401 && answer.statusCode !== 403) return answer;
    asking ??= auditorToken(client, flags.namespace);
    const asked = await asking;
    if (asked.token === undefined) {
      // What the notary says to whom they are tells more.
      if (answer) return answer;
      throw new Error(
        `no token for the notary: your kubeconfig signs in without a bearer token, and you may not request one for ${flags.namespace}/companyos-auditor (${asked.status}); give one with --token-file`,
      );
    }
    await answer?.body.dump();
    auditor = asked.token;
    return send(auditor);
  };
}

async function auditorToken(
  client: KubeClient,
  namespace: string,
): Promise<{ readonly status: number; readonly token?: string }> {
  const { status, text } = await client.raw(
    `/api/v1/namespaces/${namespace}/serviceaccounts/companyos-auditor/token`,
    {
      method: "POST",
      body: {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { expirationSeconds: 3600 },
      },
    },
  );
  if (status !== 201) return { status };
  return { status, token: (JSON.parse(text) as { status: { token: string } }).status.token };
}

import { readFile } from "node:fs/promises";
import type { KubeClient } from "@companyos/kube";
import type { Dispatcher } from "undici";
import { CannotAsk, had } from "./cannot-ask.ts";

/** Sends a request with a bearer token that a notary takes, and gives its response. */
export type SignIn = (
  send: (token: string) => Promise<Dispatcher.ResponseData>,
) => Promise<Dispatcher.ResponseData>;

/**
 * People sign in to notaries as themselves, with the bearer token of their kubeconfig. Where there is none, or the notary
 * refuses it, a token of companyos-auditor is requested and used. Rejects with CannotAsk when there is no token at all,
 * else as `send` does.
 */
export function signInTo(
  client: KubeClient,
  flags: { readonly namespace: string; readonly tokenFile?: string },
): SignIn {
  let asking: ReturnType<typeof auditorToken> | undefined;
  let auditor: string | undefined;
  return async (send) => {
    if (flags.tokenFile) return send(await tokenIn(flags.tokenFile));
    if (auditor !== undefined) return send(auditor);
    const own = await had(client.bearer(), "the bearer token of your kubeconfig cannot be had");
    const response = own === undefined ? undefined : await send(own);
    if (response && response.statusCode !== 401 && response.statusCode !== 403) return response;
    asking ??= had(
      auditorToken(client, flags.namespace),
      `no token can be requested for ${flags.namespace}/companyos-auditor`,
    );
    const asked = await asking;
    if (asked.token === undefined) {
      // The notary's own refusal says more.
      if (response) return response;
      throw new CannotAsk(
        `no token for the notary: your kubeconfig signs in without a bearer token, and you may not request one for ${flags.namespace}/companyos-auditor (${asked.status}); give one with --token-file`,
      );
    }
    await response?.body.dump();
    auditor = asked.token;
    return send(auditor);
  };
}

async function tokenIn(file: string): Promise<string> {
  const text = await had(readFile(file, "utf8"), `--token-file ${file} cannot be read`);
  const token = text.trim();
  if (!/^[\x21-\x7e]+$/.test(token)) throw new CannotAsk(`--token-file ${file} holds no bearer token`);
  return token;
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

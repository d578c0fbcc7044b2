import { readFile } from "node:fs/promises";
import type { KubeClient } from "@companyos/kube";
import type { Dispatcher } from "undici";
import { CannotAsk, had } from "./cannot-ask.ts";
import { accountToken, ownersTokens, type Requested } from "./requested-tokens.ts";

/** Sends a request with a bearer token that a notary takes, and gives its response. */
export type SignIn = (
  send: (token: string) => Promise<Dispatcher.ResponseData>,
) => Promise<Dispatcher.ResponseData>;

/**
 * People sign in to notaries as themselves, with the bearer token of their kubeconfig. Where there is none, or the notary
 * refuses it, a token is requested of companyos-auditor, else of a ServiceAccount that owns a Tenant that they may read: who may
 * not request it gets none. Rejects with CannotAsk when there is no token at all, else as `send` does.
 */
export function signInTo(
  client: KubeClient,
  flags: { readonly namespace: string; readonly tokenFile?: string },
): SignIn {
  const { namespace, tokenFile } = flags;
  if (tokenFile) return async (send) => send(await tokenIn(tokenFile));
  const auditor = once(() => accountToken(client, { namespace, name: "companyos-auditor" }));
  const owners = once(() => ownersTokens(client));
  return signInWith(
    () => had(client.bearer(), "the bearer token of your kubeconfig cannot be had"),
    [
      async () => {
        const trouble = `no token can be requested for ${namespace}/companyos-auditor`;
        const { token } = await had(auditor(), trouble);
        return token === undefined ? [] : [token];
      },
      () => had(owners(), "no token can be requested for a ServiceAccount among the owners of a Tenant"),
    ],
    () => noToken(auditor, namespace),
  );
}

/**
 * Tries your own token, then the others in turn, until one is not refused; later that one comes first, for a notary counts
 * every refusal. When all are refused, the response is that to your own token, else to the first. `why`: why there is none.
 */
export function signInWith(
  ownToken: () => Promise<string | undefined>,
  others: readonly (() => Promise<readonly string[]>)[],
  why: () => Promise<string>,
): SignIn {
  let worked: string | undefined;
  async function* inTurn(own: string | undefined) {
    if (worked !== undefined) yield worked;
    if (own !== undefined) yield own;
    for (const tokens of others) yield* await tokens();
  }
  return async (send) => {
    const own = await ownToken();
    const tried = new Set<string>();
    let refused: Dispatcher.ResponseData | undefined;
    for await (const token of inTurn(own)) {
      if (tried.has(token)) continue;
      tried.add(token);
      const next = await send(token);
      if (next.statusCode !== 401 && next.statusCode !== 403) {
        worked = token;
        await refused?.body.dump();
        return next;
      }
      const [kept, dropped] = refused === undefined || token === own ? [next, refused] : [refused, next];
      await dropped?.body.dump();
      refused = kept;
    }
    // The notary's own refusal says more.
    if (refused) return refused;
    throw new CannotAsk(await why());
  };
}

async function noToken(auditor: () => Promise<Requested>, namespace: string): Promise<string> {
  const { status } = await auditor();
  return (
    `no token for the notary: your kubeconfig signs in without a bearer token (a client certificate is none; where it acts as somebody else, yours is not theirs), and you may not request one for ${namespace}/companyos-auditor (${status}). ` +
    "An owner needs a ServiceAccount beside them in spec.owners of the Tenant, and the right to request its token, as edit and admin give it in its namespace; " +
    "else give a token with --token-file (kubectl create token NAME > FILE)"
  );
}

/** Keeps what came of it; what failed is tried again. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let kept: Promise<T> | undefined;
  return () => {
    kept ??= work().catch((error: unknown) => {
      kept = undefined;
      throw error;
    });
    return kept;
  };
}

async function tokenIn(file: string): Promise<string> {
  const text = await had(readFile(file, "utf8"), `--token-file ${file} cannot be read`);
  const token = text.trim();
  if (!/^[\x21-\x7e]+$/.test(token)) throw new CannotAsk(`--token-file ${file} holds no bearer token`);
  return token;
}

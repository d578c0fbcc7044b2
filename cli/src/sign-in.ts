import { readFile } from "node:fs/promises";
import type { TenantOwner } from "@companyos/crds";
import { apiVersion } from "@companyos/crds/names";
import type { KubeClient } from "@companyos/kube";
import type { Dispatcher } from "undici";
import { CannotAsk, had } from "./cannot-ask.ts";
import { readableTenants } from "./readable-tenants.ts";

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
  const auditor = once(() => requested(client, { namespace: flags.namespace, name: "companyos-auditor" }));
  const owners = once(() => ownersTokens(client));
  return async (send) => {
    if (flags.tokenFile) return send(await tokenIn(flags.tokenFile));
    let response: Dispatcher.ResponseData | undefined;
    const sources = [
      async () => {
        const own = await had(client.bearer(), "the bearer token of your kubeconfig cannot be had");
        return own === undefined ? [] : [own];
      },
      async () => {
        const { token } = await had(
          auditor(),
          `no token can be requested for ${flags.namespace}/companyos-auditor`,
        );
        return token === undefined ? [] : [token];
      },
      () => had(owners(), "no token can be requested for a ServiceAccount among the owners of a Tenant"),
    ];
    for (const tokens of sources)
      for (const token of await tokens()) {
        const next = await send(token);
        await response?.body.dump();
        response = next;
        if (next.statusCode !== 401 && next.statusCode !== 403) return next;
      }
    // The notary's own refusal says more.
    if (response) return response;
    throw new CannotAsk(await noToken(auditor, flags.namespace));
  };
}

async function noToken(auditor: () => Promise<Requested>, namespace: string): Promise<string> {
  const { status } = await auditor();
  return (
    `no token for the notary: your kubeconfig signs in without a bearer token (a client certificate is none), and you may not request one for ${namespace}/companyos-auditor (${status}). ` +
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

/** Each is a request; whoever may read more Tenants may sign in otherwise. */
const mostAccounts = 20;

/** Tokens of the ServiceAccounts among the owners of the Tenants that you may read, as far as you may request them. */
async function ownersTokens(client: KubeClient): Promise<string[]> {
  const accounts: Account[] = [];
  for (const tenant of (await readableTenants(client)).slice(0, mostAccounts)) {
    const { status, text } = await client.raw(`/apis/${apiVersion}/tenants/${tenant}`);
    if (status === 200) accounts.push(...serviceAccounts(JSON.parse(text)));
  }
  const tokens: string[] = [];
  for (const account of accounts.slice(0, mostAccounts)) {
    const { token } = await requested(client, account);
    if (token !== undefined) tokens.push(token);
  }
  return tokens;
}

interface Account {
  readonly namespace: string;
  readonly name: string;
}

function serviceAccounts({ spec }: { spec?: { owners?: readonly TenantOwner[] } }): Account[] {
  return (spec?.owners ?? []).flatMap(({ kind, name, namespace }) =>
    kind === "ServiceAccount" && namespace !== undefined ? [{ namespace, name }] : [],
  );
}

async function tokenIn(file: string): Promise<string> {
  const text = await had(readFile(file, "utf8"), `--token-file ${file} cannot be read`);
  const token = text.trim();
  if (!/^[\x21-\x7e]+$/.test(token)) throw new CannotAsk(`--token-file ${file} holds no bearer token`);
  return token;
}

interface Requested {
  readonly status: number;
  readonly token?: string;
}

/** As `kubectl create token`. */
async function requested(client: KubeClient, { namespace, name }: Account): Promise<Requested> {
  const { status, text } = await client.raw(`/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
    method: "POST",
    body: {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { expirationSeconds: 3600 },
    },
  });
  if (status !== 201) return { status };
  return { status, token: (JSON.parse(text) as { status: { token: string } }).status.token };
}

import type { TenantOwner } from "@companyos/crds";
import { apiVersion } from "@companyos/crds/names";
import type { KubeClient } from "@companyos/kube";
import { readableTenants } from "./readable-tenants.ts";

/** Each is a request; whoever may read more Tenants may sign in otherwise. */
const mostAccounts = 20;

/** Tokens of the ServiceAccounts among the owners of the Tenants that you may read, as far as you may request them. */
export async function ownersTokens(client: KubeClient): Promise<string[]> {
  const tenants: Owned[] = [];
  for (const tenant of (await readableTenants(client)).slice(0, mostAccounts)) {
    const { status, text } = await client.raw(`/apis/${apiVersion}/tenants/${tenant}`);
    if (status === 200) tenants.push(JSON.parse(text));
  }
  const tokens: string[] = [];
  for (const account of serviceAccounts(tenants).slice(0, mostAccounts)) {
    const { token } = await accountToken(client, account);
    if (token !== undefined) tokens.push(token);
  }
  return tokens;
}

interface Owned {
  readonly spec?: { readonly owners?: readonly TenantOwner[] };
}

export interface Account {
  readonly namespace: string;
  readonly name: string;
}

/** The ServiceAccounts among the owners of Tenants, each once. Pure. */
export function serviceAccounts(tenants: readonly Owned[]): Account[] {
  const accounts = tenants
    .flatMap(({ spec }) => spec?.owners ?? [])
    .flatMap(({ kind, name, namespace }) =>
      kind === "ServiceAccount" && namespace !== undefined ? [{ namespace, name }] : [],
    );
  return [...new Map(accounts.map((each) => [`${each.namespace}/${each.name}`, each])).values()];
}

export interface Requested {
  readonly status: number;
  readonly token?: string;
}

/** As `kubectl create token`. */
export async function accountToken(client: KubeClient, { namespace, name }: Account): Promise<Requested> {
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

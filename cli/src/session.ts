import { readFile } from "node:fs/promises";
import { certificates } from "@companyos/crds/names";
import type { KubeClient } from "@companyos/kube";
import { request } from "undici";
import { boundedText, small } from "./bounded-text.ts";
import { CannotAsk, had } from "./cannot-ask.ts";
import { connected } from "./connected.ts";
import { type Connections, connectionsUnder } from "./connections.ts";
import { type Notary, type NotaryAddress, type NotaryRequests, named } from "./notaries.ts";
import type { SessionFlags } from "./session-flags.ts";
import { signInTo } from "./sign-in.ts";
import { SilenceBudget } from "./silence-budget.ts";

/** A person's connection to a cluster and, through it, to the notaries. */
export interface Session extends NotaryRequests {
  readonly client: KubeClient;
  /** As configured; `identitiesOf` checks them. */
  readonly notaries: readonly Notary[];
  /** The notaries of a region. Throws with what to do when none is known. */
  notariesOf(region: string): readonly Notary[];
  close(): Promise<void>;
}

export async function openSession(flags: SessionFlags): Promise<Session> {
  const budgetMs = flags.timeout * 1000;
  const client = await connected(flags, budgetMs);
  const notaries = named(flags.notaries.length > 0 ? flags.notaries : await notariesOfDev());
  let connections: Promise<Connections> | undefined;
  const newConnections = async () =>
    connectionsUnder(await certificateAuthority(client, flags.namespace), budgetMs);
  const budget = new SilenceBudget(budgetMs);
  const signIn = signInTo(client, flags);
  return {
    client,
    notaries,
    notariesOf(region) {
      const found = notaries.filter((notary) => notary.region === region);
      if (found.length > 0) return found;
      throw new Error(
        `where the notary of ${region} is, is not known: say --notaries ${region}=https://HOST:PORT` +
          ` (who may forward ports there: kubectl -n ${flags.namespace} port-forward svc/companyos-notary-${region} 8444 makes it localhost:8444)`,
      );
    },
    async ask(url, init = {}) {
      connections ??= newConnections();
      const { agent: dispatcher } = await connections;
      const { timeoutMs = budgetMs } = init;
      const send = (token?: string) =>
        budget.within(url, timeoutMs, (signal) =>
          request(url, {
            dispatcher,
            signal,
            method: init.method ?? "GET",
            headers: {
              ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
              ...(init.body === undefined ? {} : { "content-type": "application/json" }),
            },
            ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
            headersTimeout: 0,
            bodyTimeout: timeoutMs,
          }),
        );
      return init.public ? send() : signIn(send);
    },
    async close() {
      await (await connections?.catch(() => undefined))?.destroy();
      await client.close();
    },
  };
}

/** What `companyos dev` wrote, in the folder it was started from or where COMPANYOS_DEV points. */
async function notariesOfDev(): Promise<readonly NotaryAddress[]> {
  const file = process.env.COMPANYOS_DEV ?? ".companyos/dev.json";
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return [];
  return (JSON.parse(text) as { notaries: NotaryAddress[] }).notaries;
}

async function certificateAuthority(client: KubeClient, namespace: string): Promise<string> {
  const { caConfigMap, caConfigMapKey } = certificates;
  const what = `the CA of the notaries (ConfigMap ${namespace}/${caConfigMap})`;
  const { status, text } = await had(
    client.raw(`/api/v1/namespaces/${namespace}/configmaps/${caConfigMap}`),
    `${what} cannot be read`,
  );
  if (status !== 200) throw new CannotAsk(`${what} cannot be read: ${status}`);
  const ca = (JSON.parse(text) as { data?: Record<string, string> }).data?.[caConfigMapKey];
  // Without one the system's own CAs would apply, and no notary would be trusted.
  if (!ca) throw new CannotAsk(`${what} has no ${caConfigMapKey}`);
  return ca;
}

/** What an error response of a notary says: `{code, message}`. Empty code: it is none of a notary's. */
export async function refusalOf(
  body: Parameters<typeof boundedText>[0],
): Promise<{ readonly code: string; readonly said: string }> {
  const text = await boundedText(body, small).catch(() => "");
  try {
    const { code, message } = JSON.parse(text) as { code?: string; message?: string };
    return { code: code ?? "", said: `${message ?? text} [${code ?? "?"}]` };
  } catch {
    return { code: "", said: text.slice(0, 300) || "nothing" };
  }
}

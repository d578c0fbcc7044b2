/** The names that a shell completes: asked while somebody types, so at once or not at all, and never with a word of trouble. */
import { readFile } from "node:fs/promises";
import { apiVersion } from "@companyos/crds/names";
import type { KubeClient } from "@companyos/kube";
import { kubeconfigFiles } from "../kubeconfig.ts";
import { type NameKind, nameKinds } from "./kinds.ts";

/** A cluster that does not respond by then has no names. For slow ones, and slow machines, the variable says how long. */
const longestMs = Number(process.env.COMPANYOS_COMPLETION_MS) || 1500;
/** More are no help to anybody who types. */
const mostNames = 1000;
const name = /^[\w][\w.:@/-]{0,252}$/;

/** Prints names, one a line, and ends the process: `words` are those typed so far, for `--kubeconfig` and `--context`. */
export async function completeNames([kind, ...words]: readonly string[]): Promise<never> {
  const late = setTimeout(() => process.exit(0), longestMs);
  const names = await namesOf(kind, words).catch(() => []);
  clearTimeout(late);
  const shown = names.filter((each) => name.test(each)).slice(0, mostNames);
  // A shell that has turned away reads no more.
  process.stdout.on("error", () => process.exit(0));
  await new Promise<void>((resolve) =>
    process.stdout.write(shown.map((each) => `${each}\n`).join(""), () => resolve()),
  );
  process.exit(0);
}

export async function namesOf(kind: string | undefined, words: readonly string[]): Promise<string[]> {
  if (!nameKinds.includes(kind as NameKind)) return [];
  const kubeconfig = kubeconfigFiles(givenFor("--kubeconfig", words));
  switch (kind as NameKind) {
    case "types":
      return [...(await import("@companyos/receipts")).receiptTypes];
    case "codes":
      return (await import("../explain/codes.ts")).codePages.map(({ code }) => code);
    case "contexts":
      return contextsOf(await Promise.all(kubeconfig.map((file) => readFile(file, "utf8"))));
    case "regions":
      return asked(kubeconfig, words, (client) => listed(client, `/apis/${apiVersion}/regions`));
    case "namespaces":
      return asked(kubeconfig, words, (client) => listed(client, "/api/v1/namespaces"));
    case "tenants": {
      const { readableTenants } = await import("../readable-tenants.ts");
      return asked(kubeconfig, words, readableTenants);
    }
  }
}

async function contextsOf(texts: readonly string[]): Promise<string[]> {
  const { load } = await import("js-yaml");
  const names = texts.flatMap((text) => {
    const { contexts } = load(text) as { contexts?: readonly { name: string }[] | null };
    return (contexts ?? []).map((context) => context.name);
  });
  return [...new Set(names)];
}

async function asked(
  kubeconfig: readonly string[],
  words: readonly string[],
  ask: (client: KubeClient) => Promise<string[]>,
): Promise<string[]> {
  const { connect } = await import("@companyos/kube");
  const context = givenFor("--context", words);
  const client = await connect({
    kubeconfig,
    context,
    timeoutMs: longestMs,
    userAgent: "companyos-completion",
  });
  try {
    return await ask(client);
  } finally {
    await client.close();
  }
}

async function listed(client: Pick<KubeClient, "raw">, path: string): Promise<string[]> {
  const { status, text } = await client.raw(`${path}?limit=${mostNames}`);
  if (status !== 200) return [];
  const { items } = JSON.parse(text) as { items: readonly { metadata: { name: string } }[] };
  return items.map(({ metadata }) => metadata.name);
}

/** As `--flag value`, or `--flag=value`, which bash hands over as three words. */
function givenFor(flag: string, words: readonly string[]): string | undefined {
  const at = words.findLastIndex((word) => word === flag || word.startsWith(`${flag}=`));
  if (at < 0) return undefined;
  if (words[at] !== flag) return words[at]!.slice(flag.length + 1);
  return words[at + 1] === "=" ? words[at + 2] : words[at + 1];
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  callerModes,
  controlPlaneNamespaces,
  defaultProductNamespace,
  exceptPattern,
  type UnclaimedAction,
  type UnclaimedSetting,
  unclaimedActions,
} from "@companyos/crds/names";
import { InvalidArgumentError, Option } from "commander";
import type { NotaryAddress } from "./notaries.ts";

/** `host:port` or `:port`. */
export function address(text: string): { host: string; port: number } {
  const match = /^(.*):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (!match || port > 65535) throw new InvalidArgumentError("expected HOST:PORT or :PORT");
  return { host: (match[1] || "0.0.0.0").replace(/^\[(.*)\]$/, "$1"), port };
}

/**
 * `region=https://host:port,…`; a region may have several, and the option may be repeated. Not without TLS: a token is sent
 * there.
 */
export function addresses(text: string, before: readonly NotaryAddress[] = []): NotaryAddress[] {
  const all = [...before];
  for (const pair of list(text)) {
    const at = pair.indexOf("=");
    const [region, url] = [pair.slice(0, at), pair.slice(at + 1)];
    if (at < 1 || !isRegion(region) || URL.parse(url)?.protocol !== "https:")
      throw new InvalidArgumentError(`expected region=https://host:port, not ${pair}`);
    if (all.some((other) => other.region === region && other.url === url))
      throw new InvalidArgumentError(`${pair} is given twice`);
    all.push({ region, url });
  }
  return all;
}

/** The same as `isRegionTag` in receipts, which is not imported here because it would slow every command down. */
export const isRegion = (text: string): boolean => /^[a-z0-9](?:[-a-z0-9.]{0,61}[a-z0-9])?$/.test(text);

/** For senders: a region's records go to one log. */
export function urlsByRegion(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const urls = { ...before };
  for (const { region, url } of addresses(text)) {
    if (Object.hasOwn(urls, region))
      throw new InvalidArgumentError(`${region} is given twice: a region's records go to one notary`);
    urls[region] = url;
  }
  return urls;
}

/** Separated by commas; replaces the default. */
export function list(text: string): string[] {
  const items = text.split(",").map((item) => item.trim());
  return items.filter(Boolean);
}

/** For an option that may be repeated. */
export function collect(text: string, all: readonly string[]): string[] {
  return [...all, text];
}

export function boolean(text: string): boolean {
  if (text !== "true" && text !== "false") throw new InvalidArgumentError("expected true or false");
  return text === "true";
}

/** A URL for people to open. It stands in refusals, which are one line. */
export function webUrl(text: string): string {
  if (!/^https?:\/\/[\x21-\x7e]+$/.test(text) || URL.parse(text) === null)
    throw new InvalidArgumentError("expected a URL such as https://docs.example/residency");
  return text;
}

/** A number of seconds, a fraction too, of at most five minutes. */
export function seconds(text: string): number {
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(number <= 300)) throw new InvalidArgumentError("expected seconds, 0 to 300");
  return number;
}

export const option = {
  enforce: () =>
    new Option(
      "--enforce <bool>",
      "false: whatever policies name, nothing is blocked or pinned, only recorded",
    )
      .argParser(boolean)
      .default(true),
  notaries: () =>
    new Option("--notaries <region=url,…>", "where each region's notary is")
      .env("COMPANYOS_NOTARIES")
      .argParser(urlsByRegion)
      .default({}, "none"),
  unclaimed: () =>
    new Option("--unclaimed <action>", "what happens in namespaces that no Tenant has")
      .choices(unclaimedActions)
      .default("Ignore"),
  defaultTenant: () =>
    new Option(
      "--default-tenant <name>",
      "with --unclaimed=DefaultTenant: who has them until they are claimed",
    ),
  unclaimedExcept: () =>
    new Option(
      "--unclaimed-except <namespaces>",
      `namespaces that --unclaimed never reaches, besides ${controlPlaneNamespaces.join(", ")} and the product's own: names, or how they begin (openshift-*)`,
    )
      .argParser(excepted)
      .default([], "none"),
  docsUrl: (use: string) =>
    new Option("--docs-url <url>", `folder of our pages, ${use}`).env("COMPANYOS_DOCS_URL").argParser(webUrl),
  callers: () =>
    new Option("--callers <mode>", "how the webhook tells the API server from strangers")
      .choices(callerModes)
      .default("Unverified"),
  journalDir: () =>
    new Option("--journal-dir <dir>", "folder of the journal; on a volume that outlives the process")
      .env("COMPANYOS_JOURNAL_DIR")
      .makeOptionMandatory(),
  cluster: () =>
    new Option("--cluster <name>", "this cluster's name in receipts")
      .env("COMPANYOS_CLUSTER")
      .default("main"),
  listen: (port: number) =>
    new Option("--listen <host:port>", "where to serve TLS")
      .env("COMPANYOS_LISTEN")
      .argParser(address)
      .default({ host: "0.0.0.0", port }, `:${port}`),
  metricsListen: () =>
    new Option("--metrics-listen <host:port>", "where to serve /metrics, /livez and /readyz")
      .env("COMPANYOS_METRICS_LISTEN")
      .argParser(address)
      .default({ host: "0.0.0.0", port: 9090 }, ":9090"),
  namespace: () =>
    new Option("--namespace <name>", "the product's own namespace")
      .env("POD_NAMESPACE")
      .default(defaultProductNamespace),
  shutdownDelay: () =>
    new Option(
      "--shutdown-delay <seconds>",
      "how long to go on responding after SIGTERM, not ready, until no Service sends requests here any more",
    )
      .argParser(seconds)
      .default(5),
  podName: () => new Option("--name <name>", "this replica's name").env("POD_NAME").makeOptionMandatory(),
  kubeconfig: () => new Option("--kubeconfig <file>", "default: the pod's own service account"),
};

export interface UnclaimedFlags {
  readonly unclaimed: UnclaimedAction;
  readonly defaultTenant?: string;
  readonly unclaimedExcept: readonly string[];
}

/** Names of namespaces, and how such names begin. Throws on anything else. */
export function excepted(text: string): readonly string[] {
  const all = list(text);
  const wrong = all.find((one) => !exceptPattern.test(one));
  if (wrong !== undefined)
    throw new InvalidArgumentError(
      `"${wrong}" is no namespace's name, nor the beginning of one with * after it.`,
    );
  return all;
}

/** The setting that these flags say. Throws when they say half of one. */
export function unclaimedSetting({
  unclaimed: action,
  defaultTenant: tenant,
  unclaimedExcept: except,
}: UnclaimedFlags): UnclaimedSetting {
  if (action === "DefaultTenant" && !tenant)
    throw new Error("--unclaimed=DefaultTenant needs --default-tenant NAME");
  return { action, tenant: action === "DefaultTenant" ? tenant : undefined, except };
}

/** The folder of this pod's own credentials. */
export function serviceAccountDir(): string {
  return process.env.COMPANYOS_SERVICEACCOUNT_DIR ?? "/var/run/secrets/kubernetes.io/serviceaccount";
}

/** This pod's token, read again each time: a kubelet renews the file. */
export function ownToken(): string {
  return readFileSync(join(serviceAccountDir(), "token"), "utf8").trim();
}

const endingSignals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/**
 * Starts a service and runs it until SIGTERM, SIGINT or SIGHUP, then stops it in order. A second signal, whichever of
 * them, ends it at once, and so does the first one while it is still starting: it serves nobody yet, and as the first
 * process of a container it would not hear a signal that nobody listens for (pid_namespaces(7)).
 */
export async function untilSignal(start: () => Promise<{ stop(): Promise<void> }>): Promise<void> {
  let started = false;
  let stopping = false;
  const signalled = new Promise<void>((resolve) => {
    for (const [name, number] of Object.entries(endingSignals))
      process.on(name, () => {
        if (!started) process.exit(128 + number);
        if (stopping) process.exit(130);
        stopping = true;
        resolve();
      });
  });
  const running = await start();
  started = true;
  await signalled;
  try {
    await running.stop();
  } catch (error) {
    console.error("the service did not stop in order:", error);
    process.exit(1);
  }
  process.exit(0);
}

import { unclaimedSetting } from "@companyos/conformance";
import {
  actualNodePolicyName,
  isReached,
  labels,
  namespaceGuardName,
  objectGuardName,
  pinnedPolicyName,
  pinPolicyName,
  webhookConfigurationName,
} from "@companyos/crds";
import { fewOf } from "@companyos/policies";
import { boundedText, small } from "../bounded-text.ts";
import { yesOrNo } from "../exit-codes.ts";
import { identityOf, mislabelled } from "../notaries.ts";
import { counted } from "../plural.ts";
import { readableTenants } from "../readable-tenants.ts";
import { openSession, type Session } from "../session.ts";
import type { SessionFlags } from "../session-flags.ts";
import { table } from "../table.ts";
import { printJson, tell } from "../terminal.ts";
import { type Configuration, callerStatus } from "./caller.ts";
import { cloudLabelled } from "./cloud-labels.ts";
import { leftBehindLine } from "./left-behind.ts";
import { notAllowed } from "./not-allowed.ts";
import { tenantDetail } from "./tenant-detail.ts";

export interface StatusItem {
  readonly kind: string;
  readonly name: string;
  readonly ready: boolean;
  readonly detail: string;
}

interface Listed {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  // biome-ignore lint/suspicious/noExplicitAny: objects of several kinds, read defensively
  readonly spec?: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly status?: any;
}

/** Prints what is in force; resolves to the exit code. */
export async function showStatus(flags: SessionFlags & { output: "text" | "json" }): Promise<number> {
  const items = await statusOf(flags);
  const good = items.every(({ ready }) => ready);
  if (flags.output === "json") printJson({ ready: good, items });
  else {
    const rows = items.map(({ kind, name, ready, detail }) => [kind, name, ready ? "yes" : "NO", detail]);
    tell(table(["KIND", "NAME", "IN FORCE", "DETAIL"], rows));
  }
  return yesOrNo(good);
}

/** What is to be in force, and whether it is. */
export async function statusOf(flags: SessionFlags): Promise<StatusItem[]> {
  const session = await openSession(flags);
  try {
    return [
      ...(await installed(session)),
      await caller(session, flags.namespace),
      await unclaimed(session, flags.namespace),
      ...(await leftBehindLine(session.client)),
      ...(await cloudLabelled(session.client)),
      ...(await declared(session)),
      ...(await logs(session)),
    ];
  } finally {
    await session.close();
  }
}

const residency = "/apis/residency.companyos.io/v1";
const admission = "/apis/admissionregistration.k8s.io/v1";

async function list(session: Session, path: string): Promise<Listed[]> {
  const { status, text } = await session.client.raw(path);
  // An owner may read their own Tenant, and nothing that says how the whole is.
  if (status === 401 || status === 403)
    throw new Error(notAllowed(path, status, status === 401 ? [] : await readableTenants(session.client)));
  if (status !== 200)
    throw new Error(`${path} responded with ${status}: is the chart installed (docs/install.md)?`);
  return (JSON.parse(text) as { items: Listed[] }).items;
}

async function declared(session: Session): Promise<StatusItem[]> {
  const items: StatusItem[] = [];
  for (const [kind, plural] of [
    ["Region", "regions"],
    ["ResidencyPolicy", "residencypolicies"],
    ["Tenant", "tenants"],
  ] as const) {
    for (const object of await list(session, `${residency}/${plural}`)) items.push(summary(kind, object));
  }
  return items;
}

function summary(kind: string, { metadata, spec, status }: Listed): StatusItem {
  const conditions: { type: string; status: string; message?: string }[] = status?.conditions ?? [];
  const readyCondition = conditions.find(({ type }) => type === "Ready");
  const ready = readyCondition?.status === "True";
  const facts: Record<string, string> = {
    Region: `${spec?.jurisdiction}, ${counted(status?.nodes ?? "?", "node")}`,
    ResidencyPolicy: `${spec?.mode}, ${counted(status?.tenants ?? "?", "tenant")}`,
    Tenant: tenantDetail({ spec, status }),
  };
  const detail = facts[kind] ?? "";
  return {
    kind,
    name: metadata.name,
    ready,
    detail: ready ? detail : `${detail}: ${readyCondition?.message ?? "not looked at yet"}`,
  };
}

async function installed(session: Session): Promise<StatusItem[]> {
  const guards = [
    [actualNodePolicyName, "compares the actual node, by name", "mode Enforce"],
    [namespaceGuardName, "keeps residency metadata for the operator", "every namespace"],
    [objectGuardName, "keeps our webhook configurations and tokens", "everywhere"],
  ].flatMap(
    ([name = "", what = "", where = ""]) =>
      [
        ["ValidatingAdmissionPolicy", "validatingadmissionpolicies", name, what],
        ["ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", name, where],
      ] as const,
  );
  const wanted = [
    [
      "MutatingAdmissionPolicy",
      "mutatingadmissionpolicies",
      pinPolicyName,
      "pins pods to their tenant's regions",
    ],
    ["MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings", pinPolicyName, "mode Enforce"],
    [
      "ValidatingAdmissionPolicy",
      "validatingadmissionpolicies",
      pinnedPolicyName,
      "refuses pods without the pin",
    ],
    [
      "ValidatingAdmissionPolicyBinding",
      "validatingadmissionpolicybindings",
      pinnedPolicyName,
      "mode Enforce",
    ],
    ...guards,
    [
      "ValidatingWebhookConfiguration",
      "validatingwebhookconfigurations",
      webhookConfigurationName,
      "decides, explains, records",
    ],
    [
      "MutatingWebhookConfiguration",
      "mutatingwebhookconfigurations",
      webhookConfigurationName,
      "bindings and node names",
    ],
  ] as const;
  return Promise.all(
    wanted.map(async ([kind, plural, name, detail]) => {
      const { status } = await session.client.raw(`${admission}/${plural}/${name}`);
      return { kind, name, ready: status === 200, detail: status === 200 ? detail : `missing (${status})` };
    }),
  );
}

/** What happens in namespaces that no Tenant has, and which these are. */
async function unclaimed({ client }: Session, productNamespace: string): Promise<StatusItem> {
  const setting = await unclaimedSetting(client).catch((error: Error) => error);
  if (setting instanceof Error)
    return { kind: "Unclaimed", name: "unknown", ready: false, detail: setting.message };
  const { action, tenant } = setting;
  const { status, text } = await client.raw("/api/v1/namespaces");
  const there = status === 200 ? (JSON.parse(text) as { items: Listed[] }).items : [];
  // Ignored or not, the control plane's and the product's own are nobody's to claim.
  const reach = action === "Ignore" ? ({ action: "Deny" } as const) : setting;
  const names = there
    .filter(({ metadata }) => metadata.labels?.[labels.tenant] === undefined)
    .map(({ metadata }) => metadata.name)
    .filter((name) => isReached(name, reach, productNamespace));
  const found = names.length === 0 ? "there is none" : some(names);
  const which = status === 200 ? found : "you may not list them";
  const what = {
    Ignore: "nothing is decided there",
    Deny: "nothing new runs there",
    DefaultTenant: `Tenant ${tenant} has them until they are claimed`,
  }[action];
  const isMissing = async () => (await client.raw(`${residency}/tenants/${tenant}`)).status === 404;
  if (action === "DefaultTenant" && (await isMissing())) {
    const todo = `there is no Tenant ${tenant}: apply it, or change companyos.residency.unclaimed of the chart; until then no pod is admitted there`;
    return {
      kind: "Unclaimed",
      name: action,
      ready: false,
      detail: `namespaces without a Tenant: ${todo}; ${which}`,
    };
  }
  // With a default tenant none stays without one for long.
  return {
    kind: "Unclaimed",
    name: action,
    ready: action !== "DefaultTenant" || names.length === 0,
    detail: `namespaces without a Tenant: ${what}; ${which}`,
  };
}

function some(names: readonly string[]): string {
  return fewOf(names, 8);
}

async function caller({ client }: Session, namespace: string): Promise<StatusItem> {
  const read = async (path: string) => {
    const { status, text } = await client.raw(path);
    return { status, object: status === 200 ? (JSON.parse(text) as Configuration) : undefined };
  };
  const [one, other, policy] = await Promise.all([
    read(`${admission}/mutatingwebhookconfigurations/${webhookConfigurationName}`),
    read(`${admission}/validatingwebhookconfigurations/${webhookConfigurationName}`),
    read(`/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies/companyos-webhook`),
  ]);
  const known = policy.status === 200 ? true : policy.status === 404 ? false : undefined;
  const { mode, sound, detail } = callerStatus(
    [one.object, other.object].filter((object) => object !== undefined),
    known,
  );
  return { kind: "Caller", name: mode, ready: sound, detail };
}

async function logs(session: Session): Promise<StatusItem[]> {
  return Promise.all(
    session.notaries.map(async (notary) => {
      const { name, url } = notary;
      try {
        const trouble = mislabelled(notary, await identityOf(session, notary));
        if (trouble !== undefined) return { kind: "Log", name, ready: false, detail: trouble };
        const { statusCode, body } = await session.ask(`${url}/checkpoint`);
        const text = await boundedText(body, small);
        const [origin, size] = text.split("\n");
        return {
          kind: "Log",
          name,
          ready: statusCode === 200,
          detail: statusCode === 200 ? `${origin}, ${counted(Number(size), "receipt")}` : `${statusCode}`,
        };
      } catch (error) {
        return {
          kind: "Log",
          name,
          ready: false,
          detail: error instanceof Error ? error.message : String(error),
        };
      }
    }),
  );
}

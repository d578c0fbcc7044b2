/** What the platform beneath asks of the product's pods, and whether it does what NetworkPolicies say. Pure. */
import type { KubeObject } from "@companyos/kube";
import { type Item, ok, some, warning } from "./item.ts";
import type { ChartValues } from "./values.ts";

/** Namespaces of OpenShift, as `except` takes them. */
const itsOwn = "openshift-*";

/**
 * Whether the SCC `restricted-v2`, which OpenShift gives to every service account, takes the chart's pods. Nobody can ask: an
 * administrator's own pods come under other ones.
 */
export function sccItems(
  isServed: boolean,
  values: Pick<ChartValues, "podUser" | "ownUser" | "unclaimed">,
): Item[] {
  if (!isServed) return [];
  const check = "OpenShift";
  const { podUser, ownUser, unclaimed } = values;
  const wrong = [
    ...(podUser === "Platform" ? [] : ["podUser: Platform"]),
    ...ownUser.map((path) => `no ${path}`),
    ...(unclaimed.action === "Ignore" || unclaimed.except?.includes(itsOwn)
      ? []
      : [`companyos.residency.unclaimed.except: [${itsOwn}]`]),
  ];
  return [
    wrong.length === 0
      ? ok(check, "the chart's pods ask for nothing that SCC restricted-v2 refuses")
      : warningOrMissing(check, wrong, podUser === "Platform" && ownUser.length === 0),
  ];
}

function warningOrMissing(check: string, wrong: readonly string[], runs: boolean): Item {
  const todo = `set ${some(wrong)}, before the first installation: volumes keep their files' owner`;
  return runs
    ? warning(check, "its own namespaces are among those of no Tenant", todo)
    : {
        check,
        state: "missing",
        detail: "SCC restricted-v2 refuses a fixed user, and gives each namespace its own",
        todo,
      };
}

/** What usually judges packets, by the name of its DaemonSet; undefined: it does not. */
const engines: Readonly<Record<string, boolean>> = {
  "calico-node": true,
  canal: true,
  cilium: true,
  "antrea-agent": true,
  "kube-router": true,
  "ovnkube-node": true,
  anetd: true,
  "azure-npm": true,
  "weave-net": true,
  "kube-flannel-ds": false,
  "kube-flannel": false,
};

const howToFindOut = "docs/install.md#whether-the-network-enforces-policies has the commands that tell";

/** The API server takes NetworkPolicies whether or not anybody does what they say: it is never known from here. */
export function networkItem(daemonSets: readonly KubeObject[]): Item {
  const check = "NetworkPolicies";
  const title = ({ metadata: { name, namespace } }: KubeObject) => `DaemonSet ${namespace}/${name}`;
  const known = daemonSets.filter(({ metadata }) => Object.hasOwn(engines, metadata.name ?? ""));
  const [engine] = known.filter(({ metadata }) => engines[metadata.name ?? ""]);
  const lost = "without one tenants' network isolation, and networkPolicy of the chart, hold nothing off";
  if (engine)
    return warning(
      check,
      `not known; ${title(engine)} usually enforces them, unless it is told not to`,
      howToFindOut,
    );
  const [without] = known;
  return without
    ? warning(check, `not known; ${title(without)} enforces none by itself: ${lost}`, howToFindOut)
    : warning(check, `not known: no network engine is recognised; ${lost}`, howToFindOut);
}

/** What `preflight` says of what nobody can ask for, of an upgrade, and of what Deny would not make anew. */
import type { KubeObject } from "@companyos/kube";
import { expect, test } from "@jest/globals";
import { networkItem, sccItems } from "../src/preflight/platform.ts";
import { pluginsItem } from "../src/preflight/plugins.ts";
import { unclaimedItems } from "../src/preflight/unclaimed.ts";
import { upgradeItems } from "../src/preflight/upgrade.ts";
import { chartValues } from "../src/preflight/values.ts";
import { temporaryFolder } from "./folder.ts";

const { file } = temporaryFolder("companyos-preflight-platform-");
const named = (name: string, metadata: object = {}) => ({ metadata: { name, ...metadata } }) as KubeObject;

test("admission plugins that did nothing yet are named, and without the metrics none is known", () => {
  const all = [
    "MutatingAdmissionPolicy",
    "ValidatingAdmissionPolicy",
    "MutatingAdmissionWebhook",
    "ValidatingAdmissionWebhook",
  ];
  expect(pluginsItem(new Set(all)).state).toBe("ok");
  expect(pluginsItem(new Set(all.slice(1)))).toMatchObject({
    ...{ state: "warning", detail: expect.stringMatching(/^MutatingAdmissionPolicy did nothing/) },
    todo: expect.stringContaining("--disable-admission-plugins"),
  });
  expect(pluginsItem(undefined)).toMatchObject({
    state: "warning",
    detail: expect.stringMatching(/^not known/),
  });
});

test("whether the network enforces policies is never known, and what usually does is named", () => {
  const cilium = named("cilium", { namespace: "kube-system" });
  const flannel = named("kube-flannel-ds", { namespace: "kube-flannel" });
  const details = [[cilium, flannel], [flannel], []].map((sets) => networkItem(sets));
  expect(details.map(({ state }) => state)).toEqual(["warning", "warning", "warning"]);
  expect(details.map(({ detail }) => detail)).toEqual([
    expect.stringMatching(/^not known; DaemonSet kube-system\/cilium usually enforces/),
    expect.stringMatching(/^not known; DaemonSet kube-flannel\/kube-flannel-ds enforces none/),
    expect.stringMatching(/^not known: no network engine/),
  ]);
  for (const { todo } of details)
    expect(todo).toContain("docs/install.md#whether-the-network-enforces-policies");
});

test("under OpenShift's restricted-v2 a fixed user does not run, wherever the values fix it", async () => {
  const of = async (text: string) => sccItems(true, await chartValues([await file("values.yaml", text)]));
  expect(sccItems(false, await chartValues([]))).toEqual([]);
  expect(await of("podUser: Fixed")).toMatchObject([
    { state: "missing", todo: expect.stringContaining("podUser: Platform") },
  ]);
  expect(await of("podUser: Platform")).toMatchObject([{ state: "ok" }]);
  expect(
    await of("podUser: Platform\npodSecurityContext: { fsGroup: 7 }\nsecurityContext: { runAsUser: 7 }"),
  ).toMatchObject([
    {
      state: "missing",
      todo: expect.stringContaining("no podSecurityContext.fsGroup, no securityContext.runAsUser"),
    },
  ]);
  const deny = (except: string) =>
    `podUser: Platform\ncompanyos: { residency: { unclaimed: { action: Deny, except: [${except}] } } }`;
  expect(await of(deny("ingress"))).toMatchObject([
    { state: "warning", todo: expect.stringContaining("openshift-*") },
  ]);
  expect(await of(deny('"openshift-*"'))).toMatchObject([{ state: "ok" }]);
});

test("what an upgrade cannot change, or would take away, is said before it", () => {
  const set = (name: string, claim: string, storage: string, args: string[] = []) =>
    ({
      metadata: { name },
      spec: {
        template: { spec: { initContainers: [{ args }] } },
        volumeClaimTemplates: [{ metadata: { name: claim }, spec: { resources: { requests: { storage } } } }],
      },
    }) as KubeObject;
  const standing = [
    set("companyos-operator", "journal", "1Gi"),
    set("companyos-webhook", "journal", "1024Mi"),
    set("companyos-notary-eu-west-1", "store", "20Gi", ["--region=eu-west-1", "--jurisdiction=EU"]),
    set("companyos-notary-us-east-1", "store", "20Gi", ["--jurisdiction=US"]),
  ];
  const volume = (size: string, storageClassName = "") => ({ size, storageClassName });
  const volumes = {
    "operator.journal": volume("1Gi"),
    "webhook.journal": volume("1Gi"),
    "notary.store": volume("20Gi"),
  };
  const jurisdictions = { "eu-west-1": "EU", "us-east-1": "US" };
  const regions = ["eu-west-1", "us-east-1"];
  expect(upgradeItems(standing, { regions, jurisdictions, volumes })).toEqual([]);
  const changed = { ...volumes, "operator.journal": volume("2Gi", "fast") };
  const items = upgradeItems(standing, {
    regions: ["eu-west-1"],
    jurisdictions: { "eu-west-1": "EEA" },
    volumes: changed,
  });
  expect(items.map(({ check, state, detail }) => [check, state, detail])).toEqual([
    [
      "StatefulSet companyos-operator",
      "missing",
      expect.stringContaining('size from 1Gi to 2Gi and storageClassName from "" to fast'),
    ],
    [
      "Log of eu-west-1",
      "warning",
      expect.stringContaining("installed as in EU, and notary.jurisdictions says EEA"),
    ],
    ["Notary of us-east-1", "warning", expect.stringContaining("an upgrade would delete it")],
  ]);
});

test("what runs in namespaces that Deny would reach is named by what made it; tenants', excepted and empty ones are not", () => {
  const controller = true;
  const pod = (namespace: string, name: string, owner?: object, labels: object = {}) =>
    named(name, { namespace, labels, ...(owner ? { ownerReferences: [owner] } : {}) });
  const set = { kind: "ReplicaSet", name: "web-5d4f", controller };
  const namespaces = [
    named("shop"),
    named("empty"),
    named("ingress"),
    named("kube-system"),
    named("residency"),
    named("acme", { labels: { "residency.companyos.io/tenant": "acme" } }),
    named("given", {
      labels: { "residency.companyos.io/tenant": "everybody" },
      annotations: { "residency.companyos.io/assigned": "true" },
    }),
  ];
  const pods = [
    pod("shop", "bare"),
    pod("shop", "web-5d4f-a", set, { "pod-template-hash": "5d4f" }),
    pod("shop", "web-5d4f-b", set, { "pod-template-hash": "5d4f" }),
    ...["ingress", "kube-system", "residency", "acme"].map((namespace) => pod(namespace, "any")),
    pod("given", "db-0", { kind: "StatefulSet", name: "db", controller }),
  ];
  const setting = { action: "Deny", except: ["ingress"] } as const;
  const items = unclaimedItems(namespaces, pods, setting, "residency");
  expect(items.map(({ check, detail }) => [check, detail.replace(/^.*: /, "")])).toEqual([
    ["Unclaimed namespace given", "StatefulSet db (1)"],
    ["Unclaimed namespace shop", "Deployment web (2), Pod bare"],
  ]);
  expect(items[1]?.todo).toContain("companyos adopt shop --dry-run");
  expect(unclaimedItems(namespaces, [], setting, "residency")).toMatchObject([
    { state: "ok", detail: expect.stringContaining("3 namespaces") },
  ]);
});

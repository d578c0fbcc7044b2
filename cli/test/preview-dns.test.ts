import { labels } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { expect, test } from "@jest/globals";
import { dnsAmong } from "../src/preview/dns.ts";

const policy = (namespace: string, cidr: string) =>
  ({
    metadata: { name: "companyos-isolation", namespace },
    spec: { egress: [{}, { to: [{ ipBlock: { cidr } }], ports: [{ port: 53 }] }] },
  }) as KubeObject;
const namespace = (name: string, uid: string) =>
  ({ metadata: { name, labels: { [labels.tenant]: "t", [labels.tenantUid]: uid } } }) as KubeObject;

test("where DNS is is read only from namespaces that a Tenant owns by its uid", () => {
  const policies = [
    policy("anybodys", "6.6.6.6/32"),
    policy("gone", "6.6.6.7/32"),
    policy("acme", "10.0.0.10/32"),
  ];
  const namespaces = [namespace("gone", "u0"), namespace("acme", "u1")];
  expect(dnsAmong(policies, namespaces, new Set(["u1"]))).toMatchObject({ addresses: ["10.0.0.10/32"] });
  expect(dnsAmong(policies.slice(0, 2), namespaces, new Set(["u1"]))).toBeUndefined();
});

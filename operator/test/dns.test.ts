import { footprint, usualDns } from "@companyos/cdk8s";
import { parseTenant } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { describe, expect, test } from "@jest/globals";
import { type DnsFacts, findDns, whereDnsIs } from "../src/dns/find.ts";
import { nameserversIn } from "../src/dns/resolv-conf.ts";
import { type Destination, letsOut } from "./network-policy.ts";

const service = (namespace: string, name: string, clusterIP: string, ports: object[]): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace },
  spec: { clusterIP, clusterIPs: [clusterIP], ports },
});
const slice = (namespace: string, name: string, ports: object[] | null, endpoints: object[]): KubeObject =>
  ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${name}-1`, namespace, labels: { "kubernetes.io/service-name": name } },
    ports,
    endpoints,
  }) as KubeObject;
const both = (port: number, targetPort: unknown) => [
  { name: "dns", protocol: "UDP", port, targetPort },
  { name: "dns-tcp", protocol: "TCP", port, targetPort },
  { name: "metrics", protocol: "TCP", port: 9154, targetPort: "metrics" },
];
const listening = (port: number) => [
  { name: "dns", protocol: "UDP", port },
  { name: "dns-tcp", protocol: "TCP", port },
  { name: "metrics", protocol: "TCP", port: 9154 },
];
const pod = (address: string) => ({ addresses: [address], targetRef: { kind: "Pod", name: "dns" } });

const kubeDns = service("kube-system", "kube-dns", "10.96.0.10", both(53, 53));
const coreDnsPods = slice("kube-system", "kube-dns", listening(53), [pod("10.244.0.5")]);
const openshift = service("openshift-dns", "dns-default", "172.30.0.10", both(53, "dns"));
const openshiftPods = slice("openshift-dns", "dns-default", listening(5353), [pod("10.128.0.7")]);
const custom = service("names", "resolver", "10.96.0.99", both(53, "dns"));
const customPods = slice("names", "resolver", listening(1053), [pod("10.244.3.3")]);
const outside = service("names", "corporate", "10.96.0.98", both(53, 53));
const outsideServers = slice("names", "corporate", listening(53), [{ addresses: ["192.0.2.53"] }]);

const find = (facts: Partial<DnsFacts>, settings = {}, before = usualDns) =>
  findDns({ services: [], slices: [], nameservers: [], isTenants: () => false, ...facts }, settings, before);

/** The policies of a tenant in a cluster that has its DNS there. */
function policiesWith(dns: ReturnType<typeof find>) {
  const tenant = parseTenant({
    apiVersion: "residency.companyos.io/v1",
    kind: "Tenant",
    metadata: { name: "acme" },
    spec: { homeRegion: "eu-west-1" },
  });
  if (!tenant.ok) throw new Error("the tenant is wrong");
  const plan = { homeRegion: "eu-west-1", regions: ["eu-west-1"], mode: "Enforce" } as const;
  return footprint(tenant.value, plan, { dns }).filter(({ kind }) => kind === "NetworkPolicy");
}

describe("a look-up by a tenant's pod gets through", () => {
  const podIn = (namespace: string, address: string, port: number): Destination => ({
    namespace: { "kubernetes.io/metadata.name": namespace },
    address,
    port,
  });
  const at = (address: string, port = 53): Destination => ({ address, port });

  test.each<[string, Partial<DnsFacts>, Destination[], Destination[]]>([
    [
      "kubeadm, EKS, GKE, AKS: CoreDNS behind kube-dns",
      { services: [kubeDns], slices: [coreDnsPods], nameservers: ["10.96.0.10"] },
      [podIn("kube-system", "10.244.0.5", 53), at("10.96.0.10")],
      [podIn("kube-system", "10.244.0.5", 9154), podIn("names", "10.244.3.3", 53), at("10.96.0.99")],
    ],
    [
      "OpenShift: its pods listen on 5353",
      { services: [openshift], slices: [openshiftPods], nameservers: ["172.30.0.10"] },
      [podIn("openshift-dns", "10.128.0.7", 5353), at("172.30.0.10")],
      [podIn("openshift-dns", "10.128.0.7", 9154), podIn("kube-system", "10.128.0.8", 53)],
    ],
    [
      "a cache on each node that took the Service's address",
      { services: [kubeDns], slices: [coreDnsPods], nameservers: ["10.96.0.10"] },
      [at("10.96.0.10"), at("169.254.20.10")],
      [at("10.96.0.11")],
    ],
    [
      "a cache on each node with an address of its own, which kubelets give out",
      { services: [kubeDns], slices: [coreDnsPods], nameservers: ["169.254.25.10"] },
      [at("169.254.25.10"), podIn("kube-system", "10.244.0.5", 53)],
      [at("169.254.25.11")],
    ],
    [
      "a DNS of somebody's own, which kubelets give out",
      { services: [kubeDns, custom], slices: [coreDnsPods, customPods], nameservers: ["10.96.0.99"] },
      [podIn("names", "10.244.3.3", 1053), at("10.96.0.99")],
      [podIn("other", "10.244.4.4", 1053)],
    ],
    [
      "name servers outside of the cluster behind a Service",
      { services: [outside], slices: [outsideServers], nameservers: ["10.96.0.98"] },
      [at("192.0.2.53"), at("10.96.0.98")],
      [at("192.0.2.54"), at("192.0.2.53", 443)],
    ],
    [
      "a resolver of the cloud that is no Service",
      { nameservers: ["169.254.169.254"] },
      [at("169.254.169.254")],
      [at("169.254.169.254", 80)],
    ],
    ["two families", { nameservers: ["fd00:10:96::a"] }, [at("fd00:10:96::a")], [at("fd00:10:96::b")]],
  ])("%s", (_, facts, through, held) => {
    const policies = policiesWith(find(facts));
    for (const destination of through)
      for (const protocol of ["UDP", "TCP"])
        expect([destination, protocol, letsOut(policies, { ...destination, protocol })]).toEqual([
          destination,
          protocol,
          true,
        ]);
    for (const destination of held)
      for (const protocol of ["UDP", "TCP"])
        expect([destination, letsOut(policies, { ...destination, protocol })]).toEqual([destination, false]);
  });

  test("what an earlier release let through is let through where nothing was found, written alike", () => {
    const [policy] = policiesWith(find({}));
    expect((policy as KubeObject).spec.egress[1]).toEqual({
      to: [
        { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } },
        { ipBlock: { cidr: "169.254.20.10/32" } },
      ],
      ports: [
        { protocol: "UDP", port: 53 },
        { protocol: "TCP", port: 53 },
      ],
    });
  });
});

describe("what is found", () => {
  test("gives way to what the installation says, each list for itself", () => {
    const facts = { services: [openshift], slices: [openshiftPods], nameservers: ["172.30.0.10"] };
    const { namespaces, ports, addresses } = find(facts, { addresses: ["198.51.100.0/24"], ports: [] });
    expect({ namespaces, ports, addresses }).toEqual({
      namespaces: ["openshift-dns"],
      ports: [53, 5353],
      addresses: ["198.51.100.0/24"],
    });
    const [policy] = policiesWith(find(facts, { addresses: ["198.51.100.0/24"] }));
    expect(JSON.stringify(policy)).toContain('"cidr":"198.51.100.0/24"');
  });

  test("does not forget the ports while no pod of the DNS is ready", () => {
    const nameservers = ["172.30.0.10"];
    const before = find({ services: [openshift], slices: [openshiftPods], nameservers });
    const none = slice("openshift-dns", "dns-default", null, []);
    expect(find({ services: [openshift], slices: [none], nameservers }, {}, before)).toEqual(before);
    expect(find({ services: [openshift], slices: [], nameservers }, {}, before)).toEqual(before);
  });

  test("is the same whatever order it is heard in, and never a Service without port 53", () => {
    const web = service("kube-system", "web", "10.96.0.77", [{ port: 80 }]);
    const nameservers = ["172.30.0.10"];
    const facts = { services: [kubeDns, openshift, web], slices: [coreDnsPods, openshiftPods], nameservers };
    const backwards = {
      ...facts,
      services: facts.services.toReversed(),
      slices: facts.slices.toReversed(),
    };
    expect(find(backwards)).toEqual(find(facts));
    expect(find(facts)).toEqual({
      namespaces: ["kube-system", "openshift-dns"],
      addresses: ["10.96.0.10", "169.254.20.10", "172.30.0.10"],
      ports: [53, 5353],
    });
  });

  test("is no Service of a name that anybody could have made", () => {
    const here = { services: [kubeDns, openshift, custom], slices: [coreDnsPods, openshiftPods, customPods] };
    const alone = find({ services: [kubeDns], slices: [coreDnsPods], nameservers: ["10.96.0.10"] });
    expect(find({ ...here, nameservers: ["10.96.0.10"] })).toEqual(alone);
    expect(find({ services: [openshift], slices: [openshiftPods] })).toEqual(find({}));
    expect(whereDnsIs(["10.96.0.10"])).toEqual([
      { namespace: "kube-system", labelSelector: "k8s-app=kube-dns" },
      { fieldSelector: "spec.clusterIP=10.96.0.10" },
    ]);
  });

  test("is no name, which no policy can have, and does not keep what stands beside it out", () => {
    const names = {
      ...slice("kube-system", "kube-dns", listening(53), [{ addresses: ["dns.example.com"] }]),
    };
    names.addressType = "FQDN";
    const v6 = slice("kube-system", "kube-dns", listening(53), [
      { addresses: ["2001:db8::53", "fe80::1%eth0"] },
    ]);
    const headless = service("kube-system", "kube-dns", "None", both(53, 53));
    for (const dns of [kubeDns, headless]) {
      const found = find({ services: [dns], slices: [coreDnsPods, names, v6], nameservers: ["10.96.0.10"] });
      expect(found).toEqual({
        namespaces: ["kube-system"],
        addresses: ["10.96.0.10", "169.254.20.10", "2001:db8::53"],
        ports: [53],
      });
      const text = JSON.stringify(policiesWith(found));
      expect(text).toContain('"2001:db8::53/128"');
      expect(text).not.toContain("example.com");
    }
  });

  test("has no end of addresses to put into every tenant's policy", () => {
    const endpoints = Array.from({ length: 1000 }, (_, i) => ({ addresses: [`192.0.${i >> 8}.${i & 255}`] }));
    const many = slice("names", "corporate", listening(53), endpoints);
    const { addresses } = find({ services: [outside], slices: [many], nameservers: ["10.96.0.98"] });
    expect(addresses).toHaveLength(64);
  });
});

test("name servers are read from a pod's resolv.conf; what only its host can reach is none", () => {
  const text =
    "# of kubelet\nsearch acme.svc.cluster.local\nnameserver 10.96.0.10\n  nameserver fd00:10:96::a\nnameserver fe80::1%eth0\nnameserver 127.0.0.53\nnameserver ::1\nnameserver nonsense\noptions ndots:5\n";
  expect(nameserversIn(text)).toEqual(["10.96.0.10", "fd00:10:96::a", "fe80::1"]);
  expect(nameserversIn("")).toEqual([]);
});

test("a Service of a tenant that got the nameserver's address while it was free is not the DNS, nor is what stands behind it", () => {
  const facts = { services: [outside], slices: [outsideServers], nameservers: ["10.96.0.98"] };
  const isTenants = (namespace: string) => namespace === "names";
  const nobodys = find(facts);
  expect(nobodys.namespaces).toEqual(["names"]);
  expect(nobodys.addresses).toContain("192.0.2.53");
  const tenants = find({ ...facts, isTenants });
  expect(tenants.namespaces).toEqual(["kube-system"]);
  expect(tenants.addresses).toEqual(["10.96.0.98", "169.254.20.10"]);
  // A tenant that runs the cluster's DNS: an administrator says so.
  expect(find({ ...facts, isTenants }, { namespaces: ["names"] }).addresses).toContain("192.0.2.53");
});

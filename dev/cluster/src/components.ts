import { join } from "node:path";
import type { Component } from "./types.ts";
import { admissionConfigurationFile } from "./webhook-caller.ts";

/** Where a component's flags find things. Ports are chosen just before a start. */
export interface Places {
  stateDir: string;
  stages: string;
  ports: Record<string, number>;
}

/** In starting order; ended in the opposite one. */
export const COMPONENTS: readonly Component[] = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kwok",
];

/** Names of the ports each component listens on; the first is the one asked whether it is ready. */
export const PORTS: Readonly<Record<Component, readonly string[]>> = {
  etcd: ["etcd", "etcd-peer"],
  "kube-apiserver": ["kube-apiserver"],
  "kube-controller-manager": ["kube-controller-manager"],
  "kube-scheduler": ["kube-scheduler"],
  kwok: ["kwok"],
};

/** Path that returns 200 once the component is ready. */
export const READY_PATH: Readonly<Record<Component, string>> = {
  etcd: "/readyz",
  "kube-apiserver": "/readyz",
  "kube-controller-manager": "/healthz",
  "kube-scheduler": "/readyz",
  kwok: "/healthz",
};

const loopback = "127.0.0.1";

/** Certificates of components that serve TLS or sign in: user name and groups as kubeadm gives them. */
export const IDENTITIES = {
  server: { name: "kube-apiserver" },
  admin: { name: "admin", groups: ["system:masters"] },
  "kube-controller-manager": { name: "system:kube-controller-manager" },
  "kube-scheduler": { name: "system:kube-scheduler" },
  kwok: { name: "kwok-controller", groups: ["system:masters"] },
} as const;

export const kubeconfigOf = (stateDir: string, who: string): string =>
  join(stateDir, "pki", `${who}.kubeconfig`);

/** Command-line flags of each component. */
export const flagsOf: Readonly<Record<Component, (places: Places) => string[]>> = {
  etcd({ stateDir, ports }) {
    const client = `http://${loopback}:${ports.etcd}`;
    const peer = `http://${loopback}:${ports["etcd-peer"]}`;
    return [
      "--name=default",
      `--data-dir=${join(stateDir, "etcd")}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      // Nothing here must survive a power cut.
      "--unsafe-no-fsync",
      "--log-level=warn",
    ];
  },
  "kube-apiserver"({ stateDir, ports }) {
    const pki = (name: string) => join(stateDir, "pki", name);
    return [
      `--etcd-servers=http://${loopback}:${ports.etcd}`,
      `--bind-address=${loopback}`,
      `--secure-port=${ports["kube-apiserver"]}`,
      `--tls-cert-file=${pki("server.crt")}`,
      `--tls-private-key-file=${pki("server.key")}`,
      `--client-ca-file=${pki("ca.crt")}`,
      "--authorization-mode=Node,RBAC",
      "--enable-admission-plugins=NodeRestriction",
      `--admission-control-config-file=${admissionConfigurationFile(stateDir)}`,
      "--allow-privileged=true",
      `--service-account-key-file=${pki("sa.pub")}`,
      `--service-account-signing-key-file=${pki("sa.key")}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      "--service-cluster-ip-range=10.0.0.0/24",
      // A loopback address may not be an endpoint of the `kubernetes` Service.
      "--endpoint-reconciler-type=none",
      "--profiling=false",
    ];
  },
  "kube-controller-manager"({ stateDir, ports }) {
    const pki = (name: string) => join(stateDir, "pki", name);
    const kubeconfig = kubeconfigOf(stateDir, "kube-controller-manager");
    return [
      `--kubeconfig=${kubeconfig}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      `--service-account-private-key-file=${pki("sa.key")}`,
      `--root-ca-file=${pki("ca.crt")}`,
      `--cluster-signing-cert-file=${pki("ca.crt")}`,
      `--cluster-signing-key-file=${pki("ca.key")}`,
      "--use-service-account-credentials=true",
      "--leader-elect=false",
      `--bind-address=${loopback}`,
      `--secure-port=${ports["kube-controller-manager"]}`,
      `--tls-cert-file=${pki("server.crt")}`,
      `--tls-private-key-file=${pki("server.key")}`,
      // Hundreds of tenants appear at once in tests; the defaults (20 a second) would be what is measured.
      "--kube-api-qps=300",
      "--kube-api-burst=600",
    ];
  },
  "kube-scheduler"({ stateDir, ports }) {
    const pki = (name: string) => join(stateDir, "pki", name);
    const kubeconfig = kubeconfigOf(stateDir, "kube-scheduler");
    return [
      `--kubeconfig=${kubeconfig}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      "--leader-elect=false",
      `--bind-address=${loopback}`,
      `--secure-port=${ports["kube-scheduler"]}`,
      `--tls-cert-file=${pki("server.crt")}`,
      `--tls-private-key-file=${pki("server.key")}`,
      "--kube-api-qps=300",
      "--kube-api-burst=600",
    ];
  },
  kwok({ stateDir, stages, ports }) {
    return [
      `--config=${stages}`,
      `--kubeconfig=${kubeconfigOf(stateDir, "kwok")}`,
      "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
      `--server-address=${loopback}:${ports.kwok}`,
      "--cidr=10.244.0.1/16",
      "--node-ip=10.0.1.1",
      "--node-lease-duration-seconds=40",
    ];
  },
};

import { fits, kubernetesVersion, type Version } from "./version.ts";

/** Tools that share one Go module (a folder under `dev/cluster/tools`), hence one go.sum and one cache folder. */
export type Family = "kubernetes" | "helm" | "opa" | "judges" | "gitops" | "schemas" | "prometheus";

export type ToolName =
  | "etcd"
  | "kube-apiserver"
  | "kube-controller-manager"
  | "kube-scheduler"
  | "kwok"
  | "kubectl"
  | "helm"
  | "opa"
  | "fsck"
  | "checklog"
  | "gitops"
  | "kubeconform"
  | "promtool"
  | "prometheus";

/** How to find out whether a binary that is already on this machine will do. */
export interface Found {
  args: readonly string[];
  fits(output: string): boolean;
}

export interface Tool {
  family: Family;
  /** What `go build` is given, in the family's module; one that starts with `./` lies in that module itself. */
  package: string;
  /** Seconds a cold build took on two cores, after the tools before it in the list: for estimates only. */
  seconds: number;
  /** May be taken from the PATH. */
  onPath?: Found;
  /** May be taken from the folder KUBEBUILDER_ASSETS. */
  inAssets?: Found;
}

// What the binaries say about themselves; the module's replace lines say v0.37.2, which means the same release.
const KUBERNETES = "v1.37.2";
const stamp = (path: string) =>
  [`-X ${path}.gitVersion=${KUBERNETES}`, `-X ${path}.gitMajor=1`, `-X ${path}.gitMinor=37`].join(" ");

const STRIPPED = "-s -w";
// Order counts: the Go build cache is keyed by this very text, and so is ours.
const ldflags: Record<Family, string> = {
  kubernetes: `${STRIPPED} ${stamp("k8s.io/component-base/version")} -X k8s.io/client-go/pkg/version.gitVersion=${KUBERNETES}`,
  helm: `${STRIPPED} -X helm.sh/helm/v4/internal/version.version=v4.3.1`,
  opa: STRIPPED,
  judges: STRIPPED,
  gitops: STRIPPED,
  schemas: STRIPPED,
  prometheus: `${STRIPPED} -X github.com/prometheus/common/version.Version=3.15.1`,
};

/** Linker flags of a family. */
export const linkerFlags = (family: Family): string => ldflags[family];

/** Build tags of a family, "" for none. */
export const buildTags = (family: Family): string =>
  // Prometheus as it is released, but for finding targets in clouds, whose clients are most of a cold build: tests name theirs.
  family === "prometheus" ? "remove_all_sd" : "";

/**
 * The Go that a family needs where the oldest one that builds the others is too old for it. Go gets it from GOPROXY, as it
 * gets modules, and checks it against the checksum database.
 */
export const toolchains: Readonly<Partial<Record<Family, string>>> = {
  // Argo CD and Flux.
  gitops: "go1.27.4",
};

const release = (v: Version) => v.suffix === "";
const serves = (v: Version) => release(v) && v.major === 1 && v.minor === 37;
const KUBECTL: Found = {
  args: ["version", "--client", "-o", "json"],
  fits: (output) => fits(kubernetesVersion(output), (v) => release(v) && v.major === 1 && v.minor >= 35),
};

const PROMETHEUS: Found = {
  args: ["--version"],
  fits: (output) => fits(/version (\S+)/.exec(output)?.[1], (v) => release(v) && v.major === 3),
};

/** Every tool, in the order in which they are built. */
export const toolbox: Readonly<Record<ToolName, Tool>> = {
  etcd: {
    family: "kubernetes",
    package: "go.etcd.io/etcd/server/v3",
    seconds: 40,
    inAssets: {
      args: ["--version"],
      fits: (output) =>
        fits(/etcd Version: (\S+)/.exec(output)?.[1], (v) => release(v) && v.major === 3 && v.minor >= 6),
    },
  },
  "kube-apiserver": {
    family: "kubernetes",
    package: "k8s.io/kubernetes/cmd/kube-apiserver",
    seconds: 210,
    inAssets: {
      args: ["--version"],
      fits: (output) => fits(/Kubernetes (\S+)/.exec(output)?.[1], serves),
    },
  },
  "kube-controller-manager": {
    family: "kubernetes",
    package: "k8s.io/kubernetes/cmd/kube-controller-manager",
    seconds: 120,
  },
  "kube-scheduler": { family: "kubernetes", package: "k8s.io/kubernetes/cmd/kube-scheduler", seconds: 10 },
  kwok: { family: "kubernetes", package: "sigs.k8s.io/kwok/cmd/kwok", seconds: 15 },
  kubectl: {
    family: "kubernetes",
    package: "k8s.io/kubernetes/cmd/kubectl",
    seconds: 15,
    onPath: KUBECTL,
    inAssets: KUBECTL,
  },
  helm: {
    family: "helm",
    package: "helm.sh/helm/v4/cmd/helm",
    seconds: 76,
    onPath: {
      args: ["version", "--template", "{{.Version}}"],
      fits: (output) => fits(output, (v) => release(v) && v.major === 4),
    },
  },
  opa: { family: "opa", package: "github.com/open-policy-agent/opa", seconds: 88 },
  fsck: { family: "judges", package: "github.com/transparency-dev/tessera/cmd/fsck", seconds: 60 },
  checklog: { family: "judges", package: "./cmd/checklog", seconds: 3 },
  gitops: { family: "gitops", package: "./cmd/gitops", seconds: 200 },
  kubeconform: { family: "schemas", package: "github.com/yannh/kubeconform/cmd/kubeconform", seconds: 12 },
  prometheus: {
    family: "prometheus",
    package: "github.com/prometheus/prometheus/cmd/prometheus",
    seconds: 125,
    onPath: PROMETHEUS,
  },
  promtool: {
    family: "prometheus",
    package: "github.com/prometheus/prometheus/cmd/promtool",
    seconds: 50,
    onPath: PROMETHEUS,
  },
};

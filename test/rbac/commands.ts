/** Whom each command that a message names is meant for, and how evidence.real.test.ts runs it as that person. */

/** `owner`: of a tenant, whatever their role. `admin`: of the cluster. */
export type Person = "owner" | "admin";

export type Command = {
  readonly who: Person;
} & (
  | {
      /** Words, with TENANT and DIR filled in. Flags may be more than the message has. */
      readonly run: readonly string[];
      /** What it prints when it works. */
      readonly shows: RegExp;
      /** Default 0. */
      readonly code?: number;
    }
  /** Where it is run, or why it cannot be. */
  | { readonly elsewhere: string }
);

const adopt = {
  who: "admin",
  run: ["companyos", "adopt", "TENANT", "--tenant", "TENANT", "--dry-run"],
  shows: /TENANT/,
} as const;
const explain = (code: string) =>
  ({ who: "owner", run: ["companyos", "explain", code], shows: new RegExp(`^${code}\n`) }) as const;
const list = ["receipts", "list", "--tenant", "TENANT"];
const verify = {
  who: "owner",
  run: ["companyos", "verify", "DIR/TENANT.evidence", "--trust", "DIR/trust.json"],
  shows: /^VALID +evidence of tenant TENANT/,
} as const;

/** By the command as its message has it. A new message with a command needs its line here. In the order of running. */
export const commands: Readonly<Record<string, Command>> = {
  "kubectl describe tenant X": {
    who: "owner",
    run: ["kubectl", "describe", "tenant", "TENANT"],
    shows: /Name: +TENANT\n/,
  },
  "kubectl get regions": { who: "owner", run: ["kubectl", "get", "regions"], shows: /eu-west-1/ },
  "kubectl wait --for=condition=Ready tenant/X": {
    who: "owner",
    run: ["kubectl", "wait", "--for=condition=Ready", "tenant/TENANT", "--timeout=30s"],
    shows: /condition met/,
  },
  "kubectl describe namespace X": {
    who: "owner",
    run: ["kubectl", "describe", "namespace", "TENANT"],
    shows: /Name: +TENANT\n/,
  },
  "companyos explain X": explain("CROSS_REGION"),
  "companyos explain IN_USE": explain("IN_USE"),
  "companyos explain JOURNAL_UNRECORDED": explain("JOURNAL_UNRECORDED"),
  "companyos explain JOURNAL_UNRECORDED_WITHOUT_HOME": explain("JOURNAL_UNRECORDED_WITHOUT_HOME"),
  "companyos receipts list": {
    who: "owner",
    run: ["companyos", ...list],
    shows: /tenant\.opened|policy\.changed/,
  },
  "companyos prove --out FILE": {
    who: "owner",
    elsewhere: "evidence.real.test.ts makes evidence by the line below",
  },
  "companyos prove --out -": { who: "owner", elsewhere: "it is what has failed, not what is to be run" },
  "companyos prove --out - >": { who: "owner", elsewhere: "it is what has failed, not what is to be run" },
  "companyos check -f -": {
    who: "owner",
    elsewhere: "cli/test/check-files.test.ts; what comes before the pipe is others'",
  },
  "kubectl delete pod -n X": { who: "owner", elsewhere: "which pod, its owner decides" },
  "companyos explain CODE": explain("CROSS_REGION"),
  "companyos unpin": { who: "admin", elsewhere: "cli/test/unpin.real.test.ts" },
  "companyos conformance": { who: "admin", elsewhere: "test/e2e/conformance.real.test.ts" },
  "companyos prove": {
    who: "owner",
    run: ["companyos", "prove", "--tenant", "TENANT", "--out", "DIR/TENANT.evidence", "--force"],
    shows: /evidence of tenant TENANT/,
  },
  "companyos verify": verify,
  "companyos verify FILE --trust TRUST": verify,
  "companyos trust show FILE": {
    who: "owner",
    run: ["companyos", "trust", "show", "DIR/trust.json"],
    shows: /^fingerprint /m,
  },
  "companyos receipts show ID --output": {
    who: "owner",
    elsewhere: "cli/test/receipts-show.test.ts; evidence.real.test.ts shows one as them",
  },
  "kubectl -n X get events --field-selector": {
    who: "admin",
    elsewhere: "test/faults/in-use.real.test.ts, of a Region that is deleted and in use",
  },
  "kubectl get nodes -o": {
    who: "admin",
    run: ["kubectl", "get", "nodes", "-o", "yaml"],
    shows: /^kind: List/m,
  },
  "kubectl kustomize PATH": { who: "owner", run: ["kubectl", "kustomize", "DIR"], shows: /kind: ConfigMap/ },
  "kubectl kustomize X": { who: "owner", run: ["kubectl", "kustomize", "DIR"], shows: /kind: ConfigMap/ },
  "kubectl get tenants": { who: "admin", run: ["kubectl", "get", "tenants"], shows: /TENANT/ },
  "companyos status": { who: "admin", run: ["companyos", "status"], shows: /^KIND +NAME +IN FORCE/ },
  "companyos adopt": adopt,
  "companyos adopt NAMESPACE --tenant NAME": adopt,
  "companyos adopt NAMESPACE --tenant X": adopt,
  "companyos adopt X --tenant NAME": adopt,
  "companyos adopt X --tenant X": adopt,
  "kubectl label node X X-": {
    who: "admin",
    elsewhere: "it takes the label off nodes that their Region does not list, and that test has none",
  },
  "kubectl annotate --overwrite namespace X X=X": {
    who: "admin",
    run: [
      ...["kubectl", "annotate", "--overwrite", "namespace", "TENANT", "--dry-run=server"],
      "residency.companyos.io/adopt-by=TENANT/0",
    ],
    shows: /annotated/,
  },
  "kubectl get mutatingwebhookconfigurations": {
    who: "admin",
    run: ["kubectl", "get", "mutatingwebhookconfigurations,mutatingadmissionpolicies"],
    shows: /companyos-residency/,
  },
  "kubectl get --show-managed-fields says": {
    who: "admin",
    run: ["kubectl", "get", "--show-managed-fields", "namespace", "TENANT", "-o", "yaml"],
    shows: /managedFields:/,
  },
  "kubectl -n X delete X": {
    who: "admin",
    run: ["kubectl", "-n", "TENANT", "delete", "pods,deployments", "-l", "nothing=there", "--dry-run=server"],
    shows: /No resources found/,
  },
  "companyos adopt X --dry-run": adopt,
  "kubectl get --raw /metrics": {
    who: "admin",
    elsewhere: "cli/test/preflight.real.test.ts reads that page, which has megabytes",
  },
  "kubectl label node X X=tried --dry-run=server --as=system": {
    who: "admin",
    elsewhere: "cli/test/preflight.real.test.ts asks the same by a request",
  },
  "kubectl delete statefulset X --cascade=orphan": {
    who: "admin",
    elsewhere: "needs pods of the product, which no control plane of ours has",
  },
  "companyos release": { who: "admin", elsewhere: "test/faults/in-use.real.test.ts" },
  "companyos release X": { who: "admin", elsewhere: "test/faults/in-use.real.test.ts" },
  "companyos unpin X": { who: "admin", elsewhere: "cli/test/unpin.real.test.ts" },
  "kubectl rollout status": { who: "admin", elsewhere: "cli/test/unpin.real.test.ts rolls what it names" },
  "companyos conformance X": { who: "admin", elsewhere: "test/e2e/conformance.real.test.ts" },
  "companyos dev": { who: "admin", elsewhere: "every test of test/e2e" },
  "companyos notary init": { who: "admin", elsewhere: "notary/test/start.test.ts" },
  "kubectl -n X port-forward svc/companyos-notary-X 8444": {
    who: "admin",
    elsewhere: "needs a kubelet, which no control plane of ours has",
  },
};

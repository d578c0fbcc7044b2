/** What a notary tells whom: docs/rbac.md prints it, evidence.real.test.ts tries all of it. */

/** What somebody gets from a notary. */
export interface Sees {
  /** Of which tenants: receipts with what they disclose, and evidence, sealed. */
  readonly evidence: "none" | "own" | "every";
  /** The log's own chain, and entry bundles. */
  readonly log: boolean;
  /** May hand in records of its journal. */
  readonly submits: boolean;
}

export interface Row {
  /** As in docs/rbac.md. */
  readonly who: string;
  readonly sees: Sees;
  /** Whom the test tries it with: `serviceaccount <name>` in the product's namespace, else somebody of people.ts. */
  readonly tried: readonly string[];
}

const nothing: Sees = { evidence: "none", log: false, submits: false };
const everything: Sees = { evidence: "every", log: true, submits: false };
const own: Sees = { ...nothing, evidence: "own" };
const sender: Sees = { ...nothing, submits: true };

export const matrix: readonly Row[] = [
  { who: "`companyos-auditor`", sees: everything, tried: ["auditor", "serviceaccount companyos-auditor"] },
  {
    who: "owners of a tenant (`spec.owners`), whatever their role",
    sees: own,
    tried: ["owner-of-acme", "viewer-of-globex"],
  },
  { who: "`companyos-tenant-admin`", sees: nothing, tried: ["tenant-admin"] },
  { who: "`companyos-policy-admin`", sees: nothing, tried: ["policy-admin"] },
  { who: "`companyos-break-glass`", sees: nothing, tried: ["breaker"] },
  {
    who: "admins of a tenant's namespace whom no Tenant names",
    sees: nothing,
    tried: ["admin-of-a-namespace"],
  },
  {
    who: "operator, webhook",
    sees: sender,
    tried: ["serviceaccount companyos-operator", "serviceaccount companyos-webhook"],
  },
  { who: "notary", sees: nothing, tried: ["serviceaccount companyos-notary"] },
  { who: "anybody else who can sign in to the cluster", sees: nothing, tried: ["nobody-in-particular"] },
];

/** The table of docs/rbac.md. */
export function matrixTable(): string {
  const yes = (is: boolean) => (is ? "yes" : "-");
  const of = { none: "-", own: "their own tenant's", every: "every tenant's" };
  return [
    "| who | receipts and evidence | a log's own chain, its entries | hands in records |",
    "| --- | --- | --- | --- |",
    ...matrix.map(
      ({ who, sees }) => `| ${who} | ${of[sees.evidence]} | ${yes(sees.log)} | ${yes(sees.submits)} |`,
    ),
  ].join("\n");
}

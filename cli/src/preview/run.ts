import { type ClusterDns, footprint, namespaceObjects, usualDns } from "@companyos/cdk8s";
import type { Tenant } from "@companyos/crds";
import type { KubeClient, KubeObject } from "@companyos/kube";
import { type FileFault, type Manifest, type ReadManifests, readManifests } from "@companyos/manifests";
import { inMode, type Plan } from "@companyos/policies";
import { hasSay, lawOf, twiceText } from "../check/law.ts";
import { connected } from "../connected.ts";
import { exitCodes } from "../exit-codes.ts";
import { type Installation, installationOf } from "../installation.ts";
import { apart, buildOf, others } from "../kustomizations.ts";
import { ownProblems } from "../own-kinds.ts";
import { resourceWarnings } from "../resource-names.ts";
import { complain } from "../terminal.ts";
import { claimsOf } from "./claims.ts";
import { type Change, compareFootprint, conflictOf, keptOf } from "./compare.ts";
import { declaredBy } from "./declared.ts";
import { readDns } from "./dns.ts";
import { enforcesBy } from "./enforces.ts";
import { readDeclared, readFootprint } from "./live.ts";
import type { Previewed, PreviewFlags } from "./previewed.ts";
import { printPreview } from "./print.ts";

/** As those of `kubectl diff`. */
const codes = { same: exitCodes.yes, differs: exitCodes.no, trouble: exitCodes.wrongUse } as const;

/** Prints what a Tenant would get; resolves to the exit code. */
export async function preview(flags: PreviewFlags): Promise<number> {
  const installation = await installationOf(flags);
  const { rest: read, kustomizations } = await apart(await readManifests(flags.filename));
  const { rest: around, kustomizations: beside } = await apart(await readManifests(flags.with));
  const client = flags.diff ? await connected(flags) : undefined;
  try {
    const cluster = client ? await readDeclared(client) : [];
    const { inventory, tenants, problems } = declaredBy(objectsOf(read), objectsOf(around), cluster);
    const faults = [
      ...[...read.faults, ...around.faults].map((fault) => faultLine(fault)),
      ...[...read.manifests, ...around.manifests].flatMap(invalid),
      ...[read, around].flatMap(({ manifests }) => lawOf(manifests, undefined).twice).map(twice),
    ];
    const with_ = flags.with.flatMap((path) => ["--with", path]);
    const files = flags.filename.flatMap((path) => ["-f", path]);
    const more = flags.diff ? ["--diff"] : [];
    const unbuilt = [
      ...kustomizations.map((one) => ({
        one,
        command: ["preview", "-f", "-", ...others("-f", flags.filename, one), ...with_, ...more],
      })),
      ...beside.map((one) => ({
        one,
        command: ["preview", "--with", "-", ...others("--with", flags.with, one), ...files, ...more],
      })),
    ].map(
      ({ one, command }) =>
        `${one.file} is no manifest, and what it builds is not previewed: ${buildOf(one, command)}`,
    );
    for (const line of [
      ...faults,
      ...standing(problems, [read, around]),
      ...unbuilt,
      ...replaced(read, around),
      ...resourceWarnings([...read.manifests, ...around.manifests]).map((text) => `warning: ${text}`),
    ])
      complain(line);
    const wrong = faults.length + problems.length > 0;
    if (!client && tenants.length > 0 && inventory.regions().length === 0)
      complain("no Region among the files: say --with FOLDER, or --diff to take those of the cluster");
    const isPointless =
      tenants.length === 0 && !(client && read.manifests.some(({ object }) => hasSay(object)));
    if (tenants.length === 0 && !wrong)
      complain(
        client
          ? "no Tenant among the files, and no Tenant's plan changes by what they say"
          : "no Tenant among the files of -f: name one, or say --diff to see whose plan in the cluster changes by what they say",
      );
    const uids = new Set(cluster.flatMap(({ kind, metadata }) => (kind === "Tenant" && metadata.uid) || []));
    const dns = client ? await readDns(client, uids) : usualDns;
    const enforce = installation.enforce ?? enforcesBy(cluster) ?? true;
    const all = [...inventory.tenants()];
    const previewed: Previewed[] = [];
    for (const tenant of tenants) {
      const compiled = inventory.plan(tenant.metadata.name);
      const plan = compiled && inMode(compiled, enforce);
      const changes = plan ? await changesOf(tenant, plan, { client, dns, all, installation }) : [];
      previewed.push({
        tenant: tenant.metadata.name,
        paused: tenant.spec.paused === true,
        plan,
        problems: inventory.planProblems(tenant.metadata.name),
        changes,
      });
    }
    printPreview(previewed, enforce, flags);
    // Without a plan, and where no region is left, everything is refused.
    const isRefused = ({ plan }: Previewed) => plan === undefined || plan.regions.length === 0;
    if (wrong || isPointless || previewed.some(isRefused)) return codes.trouble;
    const quiet = ({ changes }: Previewed) =>
      changes.every(({ action }) => action === "same" || action === "keep");
    return !flags.diff || previewed.every(quiet) ? codes.same : codes.differs;
  } finally {
    await client?.close();
  }
}

function faultLine({
  file,
  document,
  line,
  code,
  message,
}: Omit<FileFault, "code"> & { code: string }): string {
  const where = `${document === undefined ? "" : `, document ${document}`}${line === undefined ? "" : `, line ${line}`}`;
  return `${file}${where}: ${message} [${code}]`;
}

const invalid = (manifest: Manifest): string[] =>
  ownProblems(manifest.object).map((problem) => {
    const message = `${manifest.object.kind} ${manifest.object.metadata?.name}: ${problem}`;
    return faultLine({ ...manifest, code: "OBJECT_INVALID", message });
  });

type Twice = ReturnType<typeof lawOf>["twice"][number];

const twice = (two: Twice): string =>
  faultLine({
    ...two.other,
    code: "OBJECT_TWICE",
    message: `${twiceText(two)}; which of them counts, no file says`,
  });

/** What is said of a file's object is said with its place already. */
const standing = (problems: readonly string[], read: readonly ReadManifests[]): string[] => {
  const own = new Set(
    read.flatMap(({ manifests }) => manifests.map(({ object }) => `${object.kind} ${object.metadata?.name}`)),
  );
  return problems.filter((problem) => !own.has(problem.slice(0, problem.indexOf(":"))));
};

/** What `-f` has in the place of what `--with` says. */
function replaced(read: ReadManifests, around: ReadManifests): string[] {
  const given = new Set(around.manifests);
  return lawOf(read.manifests, around.manifests)
    .twice.filter(({ one, other }) => given.has(one) && !given.has(other))
    .map(({ one, other, subject }) => `${subject} counts as ${other.file} has it, not as ${one.file} does`);
}

const objectsOf = ({ manifests }: ReadManifests) => manifests.map(({ object }) => object as KubeObject);

interface Around {
  readonly client: KubeClient | undefined;
  readonly dns: ClusterDns;
  /** Every Tenant, of the files and of the cluster. */
  readonly all: readonly Tenant[];
  readonly installation: Installation;
}

async function changesOf(
  tenant: Tenant,
  plan: Plan,
  { client, dns, all, installation: { productNamespace } }: Around,
): Promise<Change[]> {
  const desired = footprint(tenant, plan, { dns }) as KubeObject[];
  const claims = (live: readonly KubeObject[]) => claimsOf(tenant, plan, { all, live, productNamespace });
  if (!client) return desired.map((object) => conflictOf(object, claims([])) ?? { action: "create", object });
  // The operator writes nothing of it until it goes on.
  if (tenant.spec.paused) return [];
  const live = await readFootprint(client, tenant, desired);
  const { uid } = tenant.metadata;
  const kept = namespaceObjects(tenant.metadata, keptOf(live, tenant, uid), plan) as KubeObject[];
  return compareFootprint({ tenant, desired: [...desired, ...kept], live, uid, claims: claims(live) });
}

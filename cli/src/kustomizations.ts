/** Files that kubectl does not send: it builds manifests from them. */
import { basename, dirname, normalize } from "node:path";
import { parseApiVersion } from "@companyos/kube";
import { type FileFault, type Manifest, type ReadManifests, standardInput } from "@companyos/manifests";

export interface Kustomization {
  readonly file: string;
  readonly document: number;
  readonly line: number;
}

/**
 * What was read, without them: one without apiVersion and kind is none the less one, by its file's name. Those that only list
 * what was read beside them, as it is, change nothing, and are skipped.
 */
export function apart({ manifests, faults, skipped }: ReadManifests): {
  readonly kustomizations: readonly Kustomization[];
  readonly rest: ReadManifests;
} {
  const titled = manifests.filter(isTitled);
  const untitled = faults.filter(isUntitled);
  const files = new Set([...manifests, ...untitled].map(({ file }) => normalize(file)));
  const listing = titled.filter((one) => onlyLists(one, files));
  return {
    kustomizations: [...titled.filter((one) => !listing.includes(one)), ...untitled].map(
      ({ file, document = 1, line = 1 }) => ({ file, document, line }),
    ),
    rest: {
      manifests: manifests.filter((manifest) => !titled.includes(manifest)),
      faults: faults.filter((fault) => !untitled.includes(fault)),
      skipped: [
        ...skipped,
        ...listing.map(({ file }) => ({ file, what: "a kustomization that lists what is beside it" })),
      ],
    },
  };
}

const isTitled = ({ object }: Manifest): boolean =>
  parseApiVersion(String(object.apiVersion)).group === "kustomize.config.k8s.io";

function isUntitled({ file, code }: FileFault): boolean {
  return code === "DOCUMENT_NO_OBJECT" && /^kustomization\.ya?ml$/.test(basename(file));
}

/** Fields that change nothing about where anything goes. */
const harmless: ReadonlySet<string> = new Set([
  ...["apiVersion", "kind", "metadata", "resources", "images", "replicas", "sortOptions", "buildMetadata"],
  ...["configMapGenerator", "secretGenerator", "generatorOptions"],
]);

function onlyLists({ file, object }: Manifest, read: ReadonlySet<string>): boolean {
  const { resources = [] } = object;
  if (object.kind !== "Kustomization" || !Object.keys(object).every((field) => harmless.has(field)))
    return false;
  const isRead = (entry: unknown): boolean => {
    if (typeof entry !== "string" || entry.includes(":") || entry.includes("?")) return false;
    const path = normalize(`${dirname(file)}/${entry}`).replace(/\/$/, "");
    return read.has(path) || [...read].some((one) => one.startsWith(`${path}/`));
  };
  return Array.isArray(resources) && resources.every(isRead);
}

/** What makes manifests of it, and hands them to a command, such as `check -f -`. */
export function buildOf({ file }: Kustomization, command: readonly string[]): string {
  const folder = file === standardInput ? "DIR" : dirname(file);
  return `kubectl kustomize ${quoted(folder)} | companyos ${command.map(quoted).join(" ")}`;
}

/** Those of the paths that a kustomization does not stand below, as flags. */
export function others(flag: string, paths: readonly string[], { file }: Kustomization): string[] {
  const isAbove = (path: string) => file === path || file.startsWith(path.endsWith("/") ? path : `${path}/`);
  return paths.filter((path) => !isAbove(path)).flatMap((path) => [flag, path]);
}

/** As a shell takes it. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

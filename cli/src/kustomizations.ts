/** Files that kubectl does not send: it builds manifests from them. */
import { readFile } from "node:fs/promises";
import { dirname, normalize } from "node:path";
import { parseApiVersion } from "@companyos/kube";
import {
  type FileFault,
  isKustomizationFile,
  type Manifest,
  type ReadManifests,
  standardInput,
} from "@companyos/manifests";
import type { KubeObject } from "@companyos/policies";
import { load } from "js-yaml";

export interface Kustomization {
  readonly file: string;
  readonly document: number;
  readonly line: number;
}

/**
 * What was read, without them: one without apiVersion and kind is none the less one, by its file's name. Those that only list
 * what was read beside them, as it is, change nothing, and are skipped.
 */
export async function apart({ manifests, faults, skipped }: ReadManifests): Promise<{
  readonly kustomizations: readonly Kustomization[];
  readonly rest: ReadManifests;
}> {
  const titled = manifests.filter(isTitled);
  const untitled = faults.filter(isUntitled);
  const files = new Set([...manifests, ...untitled].map(({ file }) => normalize(file)));
  const kustomizations = [...titled, ...(await Promise.all(untitled.map(withContent)))];
  // A folder is what its own kustomization makes of it.
  const folders = new Set(kustomizations.map(({ file }) => dirname(normalize(file))));
  const listing = kustomizations.filter(
    ({ file, object }) => object && onlyLists(file, object, files, folders),
  );
  return {
    kustomizations: kustomizations
      .filter((one) => !listing.includes(one))
      .map(({ file, document = 1, line = 1 }) => ({ file, document, line })),
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
  return code === "DOCUMENT_NO_OBJECT" && isKustomizationFile(file);
}

/** kubectl's reader gives nothing of what has no kind; kustomize takes it for a Kustomization. */
async function withContent(
  fault: FileFault,
): Promise<Pick<FileFault, "file" | "document" | "line"> & { object?: KubeObject }> {
  if (fault.file === standardInput) return fault;
  try {
    const object = load(await readFile(fault.file, "utf8"));
    return typeof object === "object" && object !== null ? { ...fault, object } : fault;
  } catch {
    return fault;
  }
}

/** Fields that change nothing about where anything goes. */
const harmless: ReadonlySet<string> = new Set([
  ...["apiVersion", "kind", "metadata", "resources", "images", "replicas", "sortOptions", "buildMetadata"],
  ...["configMapGenerator", "secretGenerator", "generatorOptions"],
]);

function onlyLists(
  file: string,
  object: KubeObject,
  files: ReadonlySet<string>,
  folders: ReadonlySet<string>,
): boolean {
  const { resources = [], kind = "Kustomization" } = object;
  if (kind !== "Kustomization" || !Object.keys(object).every((field) => harmless.has(field))) return false;
  const isRead = (entry: unknown): boolean => {
    if (typeof entry !== "string" || entry.includes(":") || entry.includes("?")) return false;
    const path = normalize(`${dirname(file)}/${entry}`).replace(/\/$/, "");
    return files.has(path) || folders.has(path);
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

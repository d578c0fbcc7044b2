/** Files that kubectl does not send: it builds manifests from them. */
import { basename, dirname } from "node:path";
import { parseApiVersion } from "@companyos/kube";
import { type FileFault, type ReadManifests, standardInput } from "@companyos/manifests";

export interface Kustomization {
  readonly file: string;
  readonly document: number;
  readonly line: number;
}

/** What was read, without them: one without apiVersion and kind is none the less one, by its file's name. */
export function apart({ manifests, faults }: ReadManifests): {
  readonly kustomizations: readonly Kustomization[];
  readonly rest: ReadManifests;
} {
  const titled = manifests.filter(
    ({ object }) => parseApiVersion(String(object.apiVersion)).group === "kustomize.config.k8s.io",
  );
  const untitled = faults.filter(isUntitled);
  return {
    kustomizations: [...titled, ...untitled].map(({ file, document = 1, line = 1 }) => ({
      file,
      document,
      line,
    })),
    rest: {
      manifests: manifests.filter((manifest) => !titled.includes(manifest)),
      faults: faults.filter((fault) => !untitled.includes(fault)),
    },
  };
}

function isUntitled({ file, code }: FileFault): boolean {
  return code === "DOCUMENT_NO_OBJECT" && /^kustomization\.ya?ml$/.test(basename(file));
}

/** What makes manifests of it, and hands them to a command, such as `check -f -`. */
export function buildOf({ file }: Kustomization, command: string): string {
  const folder = file === standardInput ? "DIR" : dirname(file);
  return `kubectl kustomize ${folder} | companyos ${command}`;
}

/** Files that kubectl does not send: it builds manifests from them. */
import { basename, dirname } from "node:path";
import { parseApiVersion } from "@companyos/kube";
import { type FileFault, standardInput } from "@companyos/manifests";
import type { KubeObject } from "@companyos/policies";

export function isKustomization({ apiVersion }: KubeObject): boolean {
  return parseApiVersion(String(apiVersion)).group === "kustomize.config.k8s.io";
}

/** One without apiVersion and kind is none the less one, by its file's name. */
export function isUntitledKustomization({ file, code }: FileFault): boolean {
  return code === "DOCUMENT_NO_OBJECT" && /^kustomization\.ya?ml$/.test(basename(file));
}

/** What makes manifests of it. */
export function buildOf(file: string): string {
  const folder = file === standardInput ? "DIR" : dirname(file);
  return `kubectl kustomize ${folder} | companyos check -f -`;
}

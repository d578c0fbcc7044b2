import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** The kubeconfig files that count: the one given, else those of KUBECONFIG, else the one in the home folder. At least one. */
export function kubeconfigFiles(given?: string): readonly string[] {
  return given === undefined ? (kubeconfigsNamed() ?? [join(homedir(), ".kube/config")]) : [given];
}

/**
 * The files that KUBECONFIG names; undefined where it is unset or empty. As for kubectl, those of a list that are not there do not
 * count; where none is, the first stands for it, so that an error names one.
 */
export function kubeconfigsNamed(list = process.env.KUBECONFIG ?? ""): readonly string[] | undefined {
  const files = [...new Set(list.split(delimiter).filter((file) => file !== ""))];
  if (files.length === 0) return undefined;
  const there = files.filter((file) => existsSync(file));
  return there.length === 0 ? files.slice(0, 1) : there;
}

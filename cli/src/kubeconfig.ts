import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** The kubeconfig that counts: the one given, else KUBECONFIG, else the one in the home folder. Throws as `kubeconfigNamed` does. */
export function kubeconfigFile(given?: string): string {
  return given ?? kubeconfigNamed() ?? join(homedir(), ".kube/config");
}

/**
 * The file that KUBECONFIG names; undefined where it is unset or empty. As for kubectl, files of a list that are not there do
 * not count; unlike kubectl, several are not merged: throws with what to do.
 */
export function kubeconfigNamed(list = process.env.KUBECONFIG ?? ""): string | undefined {
  const files = [...new Set(list.split(delimiter).filter((file) => file !== ""))];
  if (files.length < 2) return files[0];
  const there = files.filter((file) => existsSync(file));
  if (there.length > 1)
    throw new Error(
      `KUBECONFIG names several files (${there.join(", ")}), which are not merged here: say --kubeconfig FILE, or make them one with kubectl config view --flatten > FILE`,
    );
  return there[0] ?? files[0];
}

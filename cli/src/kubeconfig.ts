import { homedir } from "node:os";
import { join } from "node:path";

/** The kubeconfig that counts, as for kubectl: the one given, else KUBECONFIG, else the one in the home folder. */
export function kubeconfigFile(given?: string): string {
  return given ?? process.env.KUBECONFIG ?? join(homedir(), ".kube/config");
}

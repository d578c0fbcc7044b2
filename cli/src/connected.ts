import { connect, type KubeClient } from "@companyos/kube";
import { kubeconfigFiles } from "./kubeconfig.ts";

/** The API server that a kubeconfig names; `context`: of it, undefined the current one. */
export function connected({
  kubeconfig,
  context,
}: {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}): Promise<KubeClient> {
  return connect({ kubeconfig: kubeconfigFiles(kubeconfig), context, userAgent: "companyos-cli" });
}

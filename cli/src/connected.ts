import { connect, type KubeClient } from "@companyos/kube";
import { kubeconfigFiles } from "./kubeconfig.ts";

/**
 * The API server that a kubeconfig names; `context`: of it, undefined the current one. `timeoutMs`: for each call, default 30 s,
 * retries included.
 */
export function connected(
  {
    kubeconfig,
    context,
  }: {
    readonly kubeconfig?: string | undefined;
    readonly context?: string | undefined;
  },
  timeoutMs?: number,
): Promise<KubeClient> {
  return connect({ kubeconfig: kubeconfigFiles(kubeconfig), context, timeoutMs, userAgent: "companyos-cli" });
}

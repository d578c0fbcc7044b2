/**
 * Why the API server does not tell what is at `path`, and what to do. `status`: 401 or 403; `own`: names of the Tenants that you may
 * read. Pure.
 */
export function notAllowed(path: string, status: number, own: readonly string[]): string {
  if (status === 401)
    return `nobody is signed in: the API server does not accept the credentials of this kubeconfig (401 for ${path})`;
  const instead =
    own.length === 0
      ? "ask for ClusterRole companyos-auditor"
      : `auditors may; of what is yours: kubectl describe tenant ${own.slice(0, 3).join(" ")}`;
  return `you may not read ${path}, and status is of the whole installation: ${instead}`;
}

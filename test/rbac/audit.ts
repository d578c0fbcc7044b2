import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClusterOptions } from "@companyos/cluster";
import type { Grant } from "./rendered.ts";

/** What somebody was allowed to do, by the API server's own account. */
export interface Allowed extends Grant {
  readonly account: string;
  /** The binding that allowed it, as the authorizer put it. */
  readonly because: string;
}

export interface AuditLog {
  readonly args: NonNullable<ClusterOptions["args"]>;
  /** What service accounts of this namespace did so far, and what was refused to them. */
  read(namespace: string): Promise<{ allowed: Allowed[]; refused: string[] }>;
}

/** Flags for an API server that writes down who was allowed what. */
export async function auditLog(dir: string): Promise<AuditLog> {
  const policy = join(dir, "audit-policy.json");
  const log = join(dir, "audit.log");
  await writeFile(
    policy,
    JSON.stringify({
      apiVersion: "audit.k8s.io/v1",
      kind: "Policy",
      omitStages: ["RequestReceived"],
      rules: [{ level: "Metadata" }],
    }),
  );
  const flags = [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`, "--audit-log-maxsize=0"];
  return {
    args: { "kube-apiserver": flags },
    async read(namespace) {
      const prefix = `system:serviceaccount:${namespace}:`;
      const lines = (await readFile(log, "utf8")).split("\n").filter((line) => line.includes(prefix));
      const events = lines.map((line) => JSON.parse(line) as AuditEvent);
      const own = events.filter(({ user, objectRef }) => user.username.startsWith(prefix) && objectRef);
      return {
        allowed: own.flatMap((event) =>
          event.annotations?.[decision] === "allow" ? uses(event, prefix) : [],
        ),
        refused: own
          .filter((event) => event.annotations?.[decision] === "forbid")
          .map(
            ({ user, verb, requestURI }) => `${user.username.slice(prefix.length)}: ${verb} ${requestURI}`,
          ),
      };
    },
  };
}

const decision = "authorization.k8s.io/decision";

interface AuditEvent {
  readonly user: { readonly username: string };
  readonly verb: string;
  readonly requestURI: string;
  readonly objectRef?: {
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly apiGroup?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly annotations?: Readonly<Record<string, string>>;
}

function uses(event: AuditEvent, prefix: string): Allowed[] {
  const { resource, subresource, namespace, name, apiGroup = "" } = event.objectRef!;
  const use = {
    account: event.user.username.slice(prefix.length),
    because: event.annotations?.["authorization.k8s.io/reason"] ?? "",
    namespace,
    group: apiGroup,
    resource: subresource ? `${resource}/${subresource}` : resource,
    name,
    verb: event.verb,
  };
  // Applying what does not exist is checked as both: the API server asks for `create` besides `patch`.
  const created = event.verb === "patch" && event.responseStatus?.code === 201;
  return created ? [use, { ...use, name: undefined, verb: "create" }] : [use];
}

/** True when this use needed this grant. */
export function needs(use: Grant, grant: Grant): boolean {
  return (
    use.verb === grant.verb &&
    use.group === grant.group &&
    use.resource === grant.resource &&
    (grant.namespace === undefined || use.namespace === grant.namespace) &&
    (grant.name === undefined || use.name === grant.name)
  );
}

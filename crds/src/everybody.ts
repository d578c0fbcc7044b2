/** Names of RBAC that stand for whoever comes. Kubernetes: "Default roles and role bindings", "Service account groups". */

interface Subject {
  readonly kind: string;
  readonly name: string;
}

/** Of these none signed in: their rights are everybody's who reaches the API server. */
const strangers = { User: "system:anonymous", Group: "system:unauthenticated" } as const;

/** Service accounts of one namespace, whose name follows. */
const ofOneNamespace = "system:serviceaccounts:";

/** True of those who did not sign in. */
export function isStranger({ kind, name }: Subject): boolean {
  return (kind === "User" || kind === "Group") && name === strangers[kind];
}

/**
 * True of a name that is nobody's in particular: strangers, and groups that the API server puts people or machines in by
 * itself (`system:authenticated`, `system:serviceaccounts`, `system:nodes`; OpenShift's `system:authenticated:oauth`).
 */
export function isAnybody(subject: Subject): boolean {
  const { kind, name } = subject;
  return (
    isStranger(subject) ||
    (kind === "Group" && name.startsWith("system:") && !name.startsWith(ofOneNamespace))
  );
}

/** CEL over a subject `self`: it is not `isAnybody`. */
export const isSomebodyCel = [
  `!(self.kind == 'User' && self.name == '${strangers.User}')`,
  `!(self.kind == 'Group' && self.name.startsWith('system:') && !self.name.startsWith('${ofOneNamespace}'))`,
].join(" && ");

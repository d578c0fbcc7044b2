import { actualNodePolicyName, labels } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { placedKinds } from "@companyos/policies";
import { chunks, nameLiteral } from "./literal.ts";
import { notMirrorPod } from "./mirror.ts";
import { enforcedNamespaces } from "./pin.ts";
import { pinVariables } from "./pin-cel.ts";
import { byKind, fieldOf, type NodeNamingKind, namesNode, rulesOf } from "./placed.ts";
import { type AdmissionFacts, type AdmissionSettings, adminMetadata, tenantNamespaces } from "./scope.ts";

/** Those that must name a node first: where the object has their field, it is the one that counts. */
const kinds = placedKinds
  .filter(namesNode)
  .toSorted((a, b) => Number(b.node.required) - Number(a.node.required));

/** CEL: the request says which node: a binding, the legacy one, or a new pod that names its node. */
const saysWhichNode = kinds
  .map((kind) => (kind.node.required ? isFor(kind) : `${nodeIn(kind)} != ''`))
  .join(" || ");

/** CEL: the request is posted where this kind is. */
function isFor({ resource, subresources = [] }: NodeNamingKind): string {
  return [
    `request.resource.resource == '${resource}'`,
    ...subresources.map((path) => `request.?subResource.orValue('') == '${path.split("/").at(-1)}'`),
  ].join(" || ");
}

/** CEL: the node's name, or an empty string. */
function nodeIn({ node: { path } }: NodeNamingKind): string {
  return `${fieldOf(path.slice(0, 1))}.?${path.slice(1).join(".?")}.orValue('')`;
}

/**
 * Compares the node that a pod is put on with its tenant's regions: by name, against the map that the operator
 * keeps here. What a binding says of the node is not looked at (its labels can be forged), and a node that is not
 * in the map is nobody's. `spec.nodeName` cannot be changed by an update, so creation is all there is to decide.
 *
 * The map is a literal because parameters freeze or deny when they come and go. CEL takes 100,000 code points an
 * expression, so each region's names are dealt out over as many variables as they need. They are all in this one
 * object, so that a change of the map is in force as a whole or not at all.
 */
export function actualNodePolicy(settings: AdmissionSettings, facts: AdmissionFacts): KubeObject {
  const parts = regionParts(facts.nodes);
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: adminMetadata(actualNodePolicyName),
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        matchPolicy: "Equivalent",
        namespaceSelector: tenantNamespaces(settings),
        objectSelector: {},
        resourceRules: rulesOf(kinds, () => ["CREATE"]),
      },
      matchConditions: [
        { name: "names-a-node", expression: saysWhichNode },
        { name: "not-mirror-pod", expression: notMirrorPod },
      ],
      variables: [
        ...pinVariables,
        {
          name: "node",
          expression: byKind(kinds, ({ node }) => `has(${fieldOf(node.path.slice(0, 1))})`, nodeIn),
        },
        ...parts.map(({ names }, index) => ({
          name: `part${index}`,
          expression: `variables.node in ${nameLiteral(names)}`,
        })),
        // A node stands in one region: at most one of these is not empty.
        {
          name: "region",
          expression: `[${parts.map(({ region }, index) => `variables.part${index} ? '${region}' : ''`).join(", ")}].join('')`,
        },
        {
          name: "tenant",
          expression: `namespaceObject.metadata.?labels[?'${labels.tenant}'].orValue('')`,
        },
      ],
      validations: [
        {
          expression: "variables.region != '' && variables.region in variables.allowed",
          // For a name so odd that no message can be made of it.
          message: `the node is not in a region of the tenant (policy ${actualNodePolicyName})`,
          messageExpression:
            "'node ' + variables.node + (variables.region == '' ? ' is in no region that anybody vouches for' " +
            ": ' is in ' + variables.region) + '; tenant ' + variables.tenant + ' may use ' + " +
            "(variables.authority == '' ? 'no region' : variables.authority) + " +
            `' (policy ${actualNodePolicyName})'`,
          reason: "Forbidden",
        },
      ],
    },
  };
}

export function actualNodeBinding(): KubeObject {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: adminMetadata(actualNodePolicyName),
    spec: {
      policyName: actualNodePolicyName,
      validationActions: ["Deny", "Audit"],
      matchResources: enforcedNamespaces(),
    },
  };
}

/** The map, dealt out; sorted, so that the same map is the same policy. At least one part: CEL has no empty join. */
function regionParts(nodes: ReadonlyMap<string, string>): { region: string; names: readonly string[] }[] {
  const byRegion = new Map<string, string[]>();
  for (const [name, region] of nodes) {
    const names = byRegion.get(region);
    if (names) names.push(name);
    else byRegion.set(region, [name]);
  }
  const parts = [...byRegion]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([region, names]) => chunks(names.sort()).map((chunk) => ({ region, names: chunk })));
  return parts.length > 0 ? parts : [{ region: "", names: [] }];
}

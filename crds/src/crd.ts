import { dump } from "js-yaml";
import type { Column } from "./kind.ts";
import type { ResidencyKind } from "./kinds.ts";
import { category, group, version } from "./names.ts";
import { structural } from "./structural.ts";

/** The CustomResourceDefinition (apiextensions.k8s.io/v1) of one kind. */
export function crd(kind: ResidencyKind) {
  const rules = kind.schema.meta()?.["x-kubernetes-validations"];
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${kind.plural}.${group}` },
    spec: {
      group,
      scope: "Cluster",
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.singular,
        shortNames: [kind.short],
        categories: [category],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: kind.columns.map(printerColumn),
          schema: {
            openAPIV3Schema: {
              description: kind.description,
              type: "object",
              required: ["spec"],
              properties: {
                apiVersion: { type: "string" },
                kind: { type: "string" },
                // The only members of metadata a CRD may restrict are the names; the bound also bounds CEL's cost.
                metadata: {
                  type: "object",
                  properties: { name: { type: "string", maxLength: kind.maxNameLength } },
                },
                spec: structural(kind.spec),
                status: structural(kind.status),
              },
              ...(rules === undefined ? {} : { "x-kubernetes-validations": rules }),
            },
          },
        },
      ],
    },
  };
}

function printerColumn({ name, type, jsonPath, description, priority }: Column) {
  return { name, type, jsonPath, description, ...(priority === undefined ? {} : { priority }) };
}

/** The CRD as YAML; its first line says that it is generated. Same kind, same bytes. */
export function crdYaml(kind: ResidencyKind): string {
  const body = dump(crd(kind), { noRefs: true, lineWidth: 120 });
  return `# Generated from crds/src/kinds by \`npm run generate\`. Do not edit.\n${body}`;
}

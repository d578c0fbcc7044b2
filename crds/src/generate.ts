import { crdYaml } from "./crd.ts";
import { jsonSchema, jsonSchemaFile } from "./json-schema.ts";
import { kinds } from "./kinds.ts";
import { resourcesPage } from "./reference/page.ts";

/** A file made by a generator; `path` is relative to the root of the repository. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/** One CRD a kind, here and where the chart ships them; and its JSON Schema; and the page about all of them. */
export function generated(): GeneratedFile[] {
  const files = kinds.flatMap((kind) => [
    ...["crds/yaml", "charts/companyos/files/crds"].map((folder) => ({
      path: `${folder}/${kind.plural}.yaml`,
      content: crdYaml(kind),
    })),
    { path: `crds/schemas/${jsonSchemaFile(kind)}`, content: jsonSchema(kind) },
  ]);
  return [...files, { path: "docs/resources.md", content: resourcesPage() }];
}

import { crdYaml } from "./crd.ts";
import { jsonSchema, jsonSchemaFile } from "./json-schema.ts";
import { kinds } from "./kinds.ts";

/** A file made by a generator; `path` is relative to the root of the repository. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/** One CRD a kind, here and where the chart ships them; and its JSON Schema. */
export function generated(): GeneratedFile[] {
  return kinds.flatMap((kind) => [
    ...["crds/yaml", "charts/companyos/files/crds"].map((folder) => ({
      path: `${folder}/${kind.plural}.yaml`,
      content: crdYaml(kind),
    })),
    { path: `crds/schemas/${jsonSchemaFile(kind)}`, content: jsonSchema(kind) },
  ]);
}

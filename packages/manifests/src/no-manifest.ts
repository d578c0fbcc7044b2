/** Files beside manifests that other tools read, by their names. Pure. */
import { basename } from "node:path";

const known: readonly (readonly [name: RegExp, what: string])[] = [
  [/^(.+[-.])?values([-.].+)?\.(ya?ml|json)$/, "Helm values"],
  [/^Chart\.ya?ml$/, "the description of a Helm chart"],
  [/^(docker-)?compose([-.].+)?\.ya?ml$/, "a Compose file"],
  [/^(package|package-lock|tsconfig|renovate)\.json$/, "a file of npm's or of another tool"],
];

/** What kustomize looks for in a folder. */
export const isKustomizationFile = (path: string): boolean =>
  /^(kustomization\.ya?ml|Kustomization)$/.test(basename(path));

/** What a file below a folder is called to be, such as `Helm values`; undefined where its name says nothing. */
export function noManifest(path: string): string | undefined {
  const found = known.find(([name]) => name.test(basename(path)));
  if (found) return found[1];
  // A kustomization below a folder with a dot changes what it lists, as anywhere.
  if (isKustomizationFile(path)) return undefined;
  // .gitlab-ci.yml, .github/workflows/
  return /(^|\/)\.[^/]/.test(path) ? "a file of a tool's own" : undefined;
}

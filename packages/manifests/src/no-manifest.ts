/** Files beside manifests that other tools read, by their names. Pure. */
import { basename } from "node:path";

const known: readonly (readonly [name: RegExp, what: string])[] = [
  [/^(.+[-.])?values([-.].+)?\.(ya?ml|json)$/, "Helm values"],
  [/^Chart\.ya?ml$/, "the description of a Helm chart"],
  [/^(docker-)?compose([-.].+)?\.ya?ml$/, "a Compose file"],
  [/^(package|package-lock|tsconfig|renovate)\.json$/, "a file of npm's or of another tool"],
];

/** What a file below a folder is called to be, such as `Helm values`; undefined where its name says nothing. */
export function noManifest(path: string): string | undefined {
  const found = known.find(([name]) => name.test(basename(path)));
  if (found) return found[1];
  // .gitlab-ci.yml, .github/workflows/
  return /(^|\/)\.[^/]/.test(path) ? "a file of a tool's own" : undefined;
}

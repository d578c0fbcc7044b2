/** Regions of files, which are to be applied. */
import { apiVersion } from "@companyos/crds/names";
import type { KubeObject } from "@companyos/kube";
import { readManifests } from "@companyos/manifests";
import { lawOf, twiceText } from "../check/law.ts";
import { apart, buildOf, others } from "../kustomizations.ts";
import { ownProblems } from "../own-kinds.ts";

/** Rejects with everything that is wrong with these files: what cannot be read, what the API server would refuse, what is not built. */
export async function proposedRegions(paths: readonly string[]): Promise<KubeObject[]> {
  if (paths.length === 0) return [];
  const { rest, kustomizations } = await apart(await readManifests(paths));
  const { manifests, faults } = rest;
  const problems = [
    ...faults.map(
      ({ file, document, message, code }) =>
        `${file}${document === undefined ? "" : `, document ${document}`}: ${message} [${code}]`,
    ),
    ...manifests.flatMap(({ file, document, object }) =>
      ownProblems(object).map(
        (problem) =>
          `${file}, document ${document}: ${object.kind} ${object.metadata?.name}: ${problem} [OBJECT_INVALID]`,
      ),
    ),
    ...lawOf(manifests, undefined).twice.map(
      (two) => `${two.other.file}, document ${two.other.document}: ${twiceText(two)} [OBJECT_TWICE]`,
    ),
    ...kustomizations.map(
      (one) =>
        `${one.file} is no manifest: ${buildOf(one, ["preflight", "--with", "-", ...others("--with", paths, one)])}`,
    ),
  ];
  const regions = manifests
    .map(({ object }) => object as KubeObject)
    .filter((object) => object.kind === "Region" && object.apiVersion === apiVersion);
  if (problems.length === 0 && regions.length === 0)
    problems.push(`${paths.join(", ")}: there is no Region in it: is the path right? [NOTHING_TO_DECIDE_BY]`);
  if (problems.length > 0) throw new Error(`--with: ${problems.join("\n  ")}`);
  return regions;
}

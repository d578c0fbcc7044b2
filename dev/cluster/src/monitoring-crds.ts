import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load } from "js-yaml";
import { cacheRoot } from "./cache.ts";
import { findGo, goRun } from "./go.ts";

const folder = fileURLToPath(new URL("../tools/prometheus-operator", import.meta.url));
const module = "github.com/prometheus-operator/prometheus-operator";

/**
 * CustomResourceDefinitions of the Prometheus Operator by their plurals, such as `podmonitors`, as its release has them: read from
 * its Go module (Apache-2.0), which go.sum pins. The first time that is a download of 4 MB.
 */
export async function prometheusOperatorCrds(plurals: readonly string[]): Promise<object[]> {
  const go = await findGo(cacheRoot());
  const pinned = new RegExp(`${module} (v\\S+)`).exec(await readFile(join(folder, "go.mod"), "utf8"))?.[1];
  // With a version, go asks for no other module's go.mod.
  const downloaded = await goRun(go, folder, ["mod", "download", "-json", `${module}@${pinned}`]);
  const { Dir } = JSON.parse(downloaded) as { Dir: string };
  const file = (plural: string) =>
    join(Dir, "example/prometheus-operator-crd", `monitoring.coreos.com_${plural}.yaml`);
  return Promise.all(plurals.map(async (plural) => load(await readFile(file(plural), "utf8")) as object));
}

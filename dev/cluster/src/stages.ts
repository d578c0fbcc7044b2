import { access, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "@companyos/service/files";
import { familyCache, familyFolder } from "./build.ts";
import { cacheRoot } from "./cache.ts";
import { findGo, goRun } from "./go.ts";

// Heartbeats go through Leases; the stage that rewrites node status every 20 s would be noise for everyone who
// counts writes. Two stages that both give a pod its address must not be mixed.
const STAGE_FOLDERS = ["node/fast", "node/heartbeat-with-lease", "pod/fast"];

/** What kwok is to simulate: one file of Stages, copied out of kwok's own module into the cache. */
export async function ensureStages(): Promise<string> {
  const go = await findGo(cacheRoot());
  const cache = await familyCache(go, "kubernetes");
  const file = join(cache, "stages.yaml");
  const there = await access(file).then(
    () => true,
    () => false,
  );
  if (there) return file;
  const module = await goRun(go, familyFolder("kubernetes"), [
    "mod",
    "download",
    "-json",
    "sigs.k8s.io/kwok",
  ]);
  const { Dir } = JSON.parse(module) as { Dir: string };
  const documents: string[] = [];
  for (const stage of STAGE_FOLDERS) {
    const folder = join(Dir, "kustomize", "stage", ...stage.split("/"));
    for (const entry of (await readdir(folder)).toSorted()) {
      if (entry.endsWith(".yaml") && entry !== "kustomization.yaml") {
        documents.push(await readFile(join(folder, entry), "utf8"));
      }
    }
  }
  await mkdir(cache, { recursive: true });
  await replaceFile(file, documents.join("\n---\n"), { mode: "umask" });
  return file;
}

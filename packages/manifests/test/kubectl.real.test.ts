/**
 * The judge of what is read: kubectl itself. Generated files go through `kubectl create --dry-run=client` and through our
 * reader; objects must be the same, in the same order, up to where kubectl stops reading a file.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureTool, sharedCluster } from "@companyos/cluster";
import { record, scaled } from "@companyos/test/faults/figures";
import { expect, test } from "@jest/globals";
import { createReader, type Reader } from "../src/index.ts";
import { type GeneratedFile, generatedFiles } from "./generated-files.ts";

const total = scaled(500, 5_000);
/** In one call of kubectl. */
const batch = 500;
const seed = Number(process.env.COMPANYOS_SEED ?? Date.now() % 1_000_000);

type KubeObject = Record<string, unknown> & { metadata?: { name?: unknown; namespace?: unknown } };

/** What the API server has: of others kubectl says that it does not know them. */
const served = new Set(["v1 ConfigMap", "v1 Pod", "apps/v1 Deployment"]);
const isServed = ({ apiVersion, kind }: KubeObject) => served.has(`${apiVersion} ${kind}`);

test(`what is read is what kubectl sends (${total} generated files, COMPANYOS_SEED=${seed})`, async () => {
  const { kubeconfig } = await sharedCluster();
  const kubectl = await ensureTool("kubectl");
  const reader = await createReader();
  const counts = { files: 0, objects: 0, refused: 0, "in part": 0 };
  for (let first = 0; first < total; first += batch) {
    const files = generatedFiles(seed + first, Math.min(batch, total - first));
    const sent = await sentByKubectl(kubectl, kubeconfig, files);
    for (const [index, file] of files.entries()) {
      const ours = readUntilKubectlStops(reader, file.content);
      const theirs = sent[index]!.map(withoutDefaultNamespace);
      const unknown = ours.objects.findIndex((object) => !isServed(object));
      const part = unknown >= 0;
      const expected = part ? theirs.slice(0, unknown) : theirs;
      const found = (part ? ours.objects.slice(0, unknown) : ours.objects).map(withoutDefaultNamespace);
      if (JSON.stringify(sorted(found)) !== JSON.stringify(sorted(expected)))
        expect({
          seed: seed + first,
          index,
          text: Buffer.from(file.content).toString(),
          objects: found,
        }).toEqual({
          seed: seed + first,
          index,
          text: Buffer.from(file.content).toString(),
          objects: expected,
        });
      counts.files++;
      counts.objects += found.length;
      counts.refused += ours.refused ? 1 : 0;
      counts["in part"] += part ? 1 : 0;
    }
  }
  record("files through kubectl and through check's reader", { ...counts, differences: 0 });
  // The generator has to make what can be read, too.
  expect(counts.objects).toBeGreaterThan(total / 2);
  expect(counts.refused).toBeLessThan((total * 2) / 3);
  expect(counts["in part"]).toBeLessThan(total / 20);
});

/** Of each file, what kubectl would send. A file of ours after each shows where it ends. */
async function sentByKubectl(
  kubectl: string,
  kubeconfig: string,
  files: readonly GeneratedFile[],
): Promise<KubeObject[][]> {
  const folder = await mkdtemp(join(tmpdir(), "manifests-"));
  try {
    const manifests = join(folder, "manifests");
    await mkdir(manifests);
    const mark = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "end-of-file" } };
    for (const [index, { extension, content }] of files.entries()) {
      const name = String(index).padStart(6, "0");
      await writeFile(join(manifests, `${name}-a.${extension}`), content);
      await writeFile(join(manifests, `${name}-z.json`), JSON.stringify(mark));
    }
    const args = ["create", "--dry-run=client", "--validate=false", "-o", "json", "-f", manifests];
    const stdout = await new Promise<string>((resolve, reject) => {
      const options = { maxBuffer: 2 ** 28, env: { ...process.env, KUBECONFIG: kubeconfig } };
      execFile(kubectl, [...args, "--cache-dir", join(folder, "cache")], options, (error, stdout, stderr) => {
        // It exits 1 for what it refuses, which is what is asked for here.
        if (error && !stderr.includes("error")) reject(error);
        else resolve(stdout);
      });
    });
    const sent: KubeObject[][] = [[]];
    for (const object of objectsIn(stdout)) {
      if (object.metadata?.name === mark.metadata.name) sent.push([]);
      else sent.at(-1)!.push(object);
    }
    expect(sent.length).toBe(files.length + 1);
    return sent;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** kubectl prints objects one after the other, indented. */
function objectsIn(stdout: string): KubeObject[] {
  return stdout
    .split(/^(?=\{$)/m)
    .filter((text) => text.trim() !== "")
    .map((text) => JSON.parse(text));
}

/** What kubectl refuses without ending the file there. */
const goesOn = new Set<string>(["DOCUMENT_NO_OBJECT", "LIST_UNREADABLE"]);

/** One document that is neither YAML nor JSON ends a file for kubectl; we go on with the others. */
function readUntilKubectlStops(
  reader: Reader,
  content: Uint8Array,
): { objects: KubeObject[]; refused: boolean } {
  const objects: KubeObject[] = [];
  let refused = false;
  for (const read of reader.read(content)) {
    objects.push(...(read.objects as KubeObject[]));
    refused ||= read.faults.length > 0;
    if (read.faults.some(({ code }) => !goesOn.has(code))) break;
  }
  return { objects, refused };
}

/** kubectl writes the namespace of its context where none is. */
function withoutDefaultNamespace(object: KubeObject): KubeObject {
  const { namespace, ...metadata } = (object.metadata ?? {}) as Record<string, unknown>;
  const given = typeof namespace === "string" && namespace !== "" && namespace !== "default";
  return { ...object, metadata: given ? { ...metadata, namespace } : metadata };
}

/** Members by name: kubectl's order is its own. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, sorted(inner)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

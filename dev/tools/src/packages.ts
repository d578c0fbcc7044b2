/**
 * Emits the packages that people install from a registry into `dist/packages` (or the folder given), ready for
 * `npm publish`: JavaScript and types, since Node strips no types inside node_modules. Versions are the rooms' own.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Rooms that are published, and of each the entries that others may import. What they import of ours is published, too. */
const published = { crds: [".", "./names"], cdk8s: ["."] } as const;
type Published = keyof typeof published;
/** What a project has itself and there may be only one of: constructs of two copies do not know each other. */
const peers = ["cdk8s", "cdk8s-plus-28", "constructs"];

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** @returns the folders of the packages, each with its package.json */
export async function emitPackages(into: string): Promise<Record<Published, string>> {
  await mkdir(into, { recursive: true });
  const work = await mkdtemp(join(into, ".emit-"));
  try {
    await compile(work);
    const folders: Partial<Record<Published, string>> = {};
    for (const room of Object.keys(published) as Published[]) {
      const folder = join(into, room);
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder);
      await rename(join(work, "out", room, "src"), join(folder, "dist"));
      await pointAtJavaScript(join(folder, "dist"));
      await writeFile(join(folder, "package.json"), await manifestOf(room));
      await cp(join(root, "LICENSE"), join(folder, "LICENSE"));
      await cp(join(root, room, "README.md"), join(folder, "README.md"));
      folders[room] = folder;
    }
    return folders as Record<Published, string>;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function compile(work: string): Promise<void> {
  const project = join(work, "tsconfig.json");
  const config = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      rootDir: root,
      outDir: join(work, "out"),
      typeRoots: [join(root, "node_modules/@types")],
    },
    include: Object.keys(published).map((room) => join(root, room, "src")),
    exclude: [],
  };
  await writeFile(project, JSON.stringify(config));
  const tsc = join(root, "node_modules/.bin/tsc");
  await promisify(execFile)(tsc, ["-p", project], { cwd: root }).catch((error) => {
    throw new Error(`the packages do not compile:\n${error.stdout}`, { cause: error });
  });
}

/** The compiler rewrites imports in JavaScript, and leaves those in declarations as they were written. */
async function pointAtJavaScript(folder: string): Promise<void> {
  const files = await readdir(folder, { recursive: true });
  for (const file of files.filter((name) => name.endsWith(".d.ts"))) {
    const path = join(folder, file);
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace(/(\bfrom "|\bimport\("|^import ")(\.[^"]+)\.ts"/gm, '$1$2.js"'));
  }
}

async function manifestOf(room: Published): Promise<string> {
  const manifest = JSON.parse(await readFile(join(root, room, "package.json"), "utf8")) as Manifest;
  const { name, version, description, license, exports, dependencies } = manifest;
  const entry = (file: string) => {
    const built = `./dist/${file.replace(/^\.\/src\//, "").replace(/\.ts$/, "")}`;
    return { types: `${built}.d.ts`, default: `${built}.js` };
  };
  const entries = published[room].map((each) => [each, entry(exports[each] as string)]);
  const isPeer = ([name]: readonly [string, string]) => peers.includes(name);
  const all = Object.entries(dependencies);
  const peerDependencies = Object.fromEntries(all.filter(isPeer).map(([name, exact]) => [name, `^${exact}`]));
  const repository = { type: "git", directory: room };
  return `${JSON.stringify(
    {
      name,
      version,
      description,
      license,
      repository,
      type: "module",
      engines: { node: ">=20.19" },
      exports: Object.fromEntries(entries),
      files: ["dist"],
      dependencies: Object.fromEntries(all.filter((one) => !isPeer(one))),
      ...(Object.keys(peerDependencies).length === 0 ? {} : { peerDependencies }),
    },
    null,
    2,
  )}\n`;
}

if (import.meta.main) {
  const into = process.argv[2] ?? join(root, "dist", "packages");
  const folders = await emitPackages(into);
  for (const folder of Object.values(folders)) console.log(folder);
}

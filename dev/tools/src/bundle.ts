import { copyFile, mkdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";

/**
 * Builds what runs in production: one program by esbuild, with what is compiled to WebAssembly beside it. Verbs stay
 * separate chunks, so that a webhook never loads what only `dev` needs.
 * @returns the path of the program.
 */
export async function buildProgram(
  root: string,
  outDir: string,
  commit = process.env.COMPANYOS_COMMIT ?? "",
): Promise<string> {
  const { build } = await import("esbuild");
  const bin = join(outDir, "bin");
  const { version } = JSON.parse(await readFile(join(root, "cli/package.json"), "utf8")) as {
    version: string;
  };
  await build({
    entryPoints: [{ in: join(root, "cli/src/production.ts"), out: "companyos" }],
    outdir: bin,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    outExtension: { ".js": ".mjs" },
    chunkNames: "chunks-[hash]",
    legalComments: "none",
    logLevel: "error",
    // CommonJS packages inside (express and friends) ask for require.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    define: {
      COMPANYOS_VERSION: JSON.stringify(version),
      COMPANYOS_COMMIT: JSON.stringify(commit),
    },
    external: ["esbuild"],
  });
  await mkdir(join(outDir, "bundle"), { recursive: true });
  for (const compiled of ["policies/bundle/residency.wasm", "packages/manifests/bundle/manifests.wasm.br"])
    await copyFile(join(root, compiled), join(outDir, "bundle", basename(compiled)));
  return join(bin, "companyos.mjs");
}

// Writes test/chart/workloads.yaml: node test/chart/write.ts
import { writeFile } from "node:fs/promises";
import { renderedWorkloads } from "./workloads.ts";

await writeFile(new URL("workloads.yaml", import.meta.url), await renderedWorkloads());

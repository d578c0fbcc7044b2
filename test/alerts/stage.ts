/** What the alerts are tried on: the whole product as processes, tenants in it, and a Prometheus that scrapes and evaluates. */
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { regions } from "@companyos/product/product";
import { buildProgram } from "@companyos/tools/bundle";
import { type BreakableProduct, startBreakable } from "../faults/product.ts";
import { SkewedClocks } from "../faults/skewed-clocks.ts";
import { type Api, openApi } from "../src/api.ts";
import {
  apply,
  declarePolicy,
  declareRegions,
  declareTenant,
  podsCanCome,
  tenantReady,
} from "../src/declare.ts";
import { type Prometheus, startPrometheus } from "./prometheus.ts";
import { quickened } from "./quickened.ts";
import { rulesText } from "./rule-file.ts";

export const [eu, us] = regions as [string, string];
/** A Region of the cluster that has no notary. */
export const noLog = "ap-south-1";
const namespace = "companyos-system";
const root = fileURLToPath(new URL("../..", import.meta.url));
const breaking = new URL("./broken-policy.ts", import.meta.url).href;

export interface Stage {
  readonly product: BreakableProduct;
  readonly api: Api;
  readonly prometheus: Prometheus;
  readonly clocks: SkewedClocks;
  /** The folder of a volume of a pod. */
  volume(pod: string, name: string): string;
  /** From its next start on, a process runs another build of the same version. */
  upgrade(): Promise<void>;
  stop(): Promise<void>;
}

/** Tenants: acme in the EU; globex in the US; mover, in both; auditee, in the EU by an Audit policy. */
export async function setStage(): Promise<Stage> {
  const clocks = new SkewedClocks();
  const given = process.env.COMPANYOS_PROGRAM;
  const stops: (() => Promise<void>)[] = [() => clocks.remove()];
  const stop = async () => {
    for (const one of stops.toReversed()) await one();
  };
  try {
    const product = await startBreakable({
      backoffMs: () => 0,
      env: ({ name, component }, env) => {
        if (component !== "webhook") return {};
        const skewed = name.endsWith("-1") ? clocks.env(name, env) : {};
        const options = `${skewed.NODE_OPTIONS ?? env.NODE_OPTIONS ?? ""} --import=${breaking}`;
        return { ...skewed, NODE_OPTIONS: options };
      },
      before: async (stateDir) => {
        // A folder of its own, as an image would be: one that others run from is not upgraded.
        process.env.COMPANYOS_PROGRAM = await buildProgram(root, join(stateDir, "program"));
        await buildProgram(root, join(stateDir, "program-other"), "another");
        // A botched restore: folders lie where the webhook counts what it cannot record.
        for (const pod of ["companyos-webhook-0", "companyos-webhook-1"])
          await mkdir(join(stateDir, "pods", pod, "journal", "_counted"), { recursive: true });
      },
    }).finally(() => {
      if (given === undefined) delete process.env.COMPANYOS_PROGRAM;
      else process.env.COMPANYOS_PROGRAM = given;
    });
    stops.push(() => product.stop());
    const api = await openApi(product.dev.kubeconfig);
    stops.push(() => api.close());
    await declareEverybody(api);
    const prometheus = await startPrometheus({
      processes: product.cluster.processes,
      dir: join(product.stateDir, "prometheus"),
      rules: quickened(rulesText),
      targets: product.pods.map(({ pod }) => ({
        url: `http://127.0.0.1:${pod.metricsPort}/metrics`,
        labels: { namespace, pod: pod.name, job: `companyos-${pod.component}` },
      })),
    });
    return {
      product,
      api,
      prometheus,
      clocks,
      stop,
      volume: (pod, name) => join(product.stateDir, "pods", pod, name),
      upgrade: () =>
        cp(join(product.stateDir, "program-other"), join(product.stateDir, "program"), { recursive: true }),
    };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
}

async function declareEverybody(api: Api): Promise<void> {
  await declareRegions(api);
  await apply(api, "regions", "Region", noLog, { spec: { jurisdiction: "IN", zones: [`${noLog}a`] } });
  await declarePolicy(api, "acme", "Enforce");
  await declarePolicy(api, "auditee", "Audit");
  await declareTenant(api, "acme");
  await declareTenant(api, "auditee");
  await apply(api, "tenants", "Tenant", "globex", { spec: { homeRegion: us, regions: [us] } });
  await apply(api, "tenants", "Tenant", "mover", { spec: { homeRegion: eu, regions: [eu, us] } });
  await tenantReady(api, "acme", "Enforce");
  await tenantReady(api, "auditee", "Audit");
  for (const name of ["globex", "mover"]) await tenantReady(api, name, "Enforce", { refusing: false });
  for (const name of ["acme", "auditee"]) await podsCanCome(api, name);
}

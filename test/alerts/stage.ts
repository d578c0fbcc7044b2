/** What the alerts are tried on: the whole product as processes, tenants in it, and a Prometheus that scrapes and evaluates. */
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { regions } from "@companyos/product/product";
import { buildProgram } from "@companyos/tools/bundle";
import { type BreakableProduct, startBreakable } from "../faults/product.ts";
import { SkewedClocks } from "../faults/skewed-clocks.ts";
import { type Api, openApi } from "../src/api.ts";
import { declarePolicy, declareRegions, declareTenant, residency, tenantReady } from "../src/declare.ts";
import { until } from "../src/until.ts";
import { type Prometheus, startPrometheus } from "./prometheus.ts";
import { quickened } from "./quickened.ts";
import { rulesText } from "./rule-file.ts";

export const [eu, us] = regions as [string, string];
/** A Region of the cluster that has no notary. */
export const noLog = "ap-south-1";
const namespace = "companyos-system";
const root = fileURLToPath(new URL("../..", import.meta.url));
const breaking = pathToFileURL(new URL("./broken-policy.ts", import.meta.url).pathname).href;

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
  const programs = { one: "", other: "" };
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
        programs.one = await buildProgram(root, join(stateDir, "program"));
        const commit = process.env.COMPANYOS_COMMIT;
        process.env.COMPANYOS_COMMIT = "another";
        programs.other = await buildProgram(root, join(stateDir, "program-other"));
        if (commit === undefined) delete process.env.COMPANYOS_COMMIT;
        else process.env.COMPANYOS_COMMIT = commit;
        process.env.COMPANYOS_PROGRAM = programs.one;
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
      upgrade: () => cp(join(programs.other, "../.."), join(programs.one, "../.."), { recursive: true }),
    };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
}

async function declareEverybody(api: Api): Promise<void> {
  await declareRegions(api);
  await merged(api, "regions", "Region", noLog, { spec: { jurisdiction: "IN", zones: [`${noLog}a`] } });
  await declarePolicy(api, "acme", "Enforce");
  await declarePolicy(api, "auditee", "Audit");
  await declareTenant(api, "acme");
  await declareTenant(api, "auditee");
  await merged(api, "tenants", "Tenant", "globex", { spec: { homeRegion: us, regions: [us] } });
  await merged(api, "tenants", "Tenant", "mover", { spec: { homeRegion: eu, regions: [eu, us] } });
  await tenantReady(api, "acme", "Enforce");
  await tenantReady(api, "auditee", "Audit");
  for (const name of ["globex", "mover"]) await tenantReady(api, name, "Enforce", { refusing: false });
  // Pods can be created only once somebody else has given the namespace its service account.
  for (const name of ["acme", "auditee"]) {
    const account = `/api/v1/namespaces/${name}/serviceaccounts/default`;
    await until(
      account,
      () => api.request("GET", account),
      ({ status }) => status === 200,
    );
  }
}

/** Creates or changes one object of the product. */
export async function merged(
  api: Api,
  plural: string,
  kind: string,
  name: string,
  rest: object,
): Promise<void> {
  const { status, body } = await api.request(
    "PATCH",
    `${residency}/${plural}/${name}?fieldManager=alerts&force=true`,
    { apiVersion: "residency.companyos.io/v1", kind, metadata: { name }, ...rest },
    "application/apply-patch+yaml",
  );
  if (status > 201) throw new Error(`${kind} ${name}: ${status} ${JSON.stringify(body)}`);
}

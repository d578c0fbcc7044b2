// make bench: how long the webhook's configuration is away after somebody with the right to has deleted it. Beside it,
// in turn, what two requests to this API server take that do no more than delete and create an object of that size.
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { connect, type KubeClient } from "@companyos/kube";
import { openApi } from "../../src/api.ts";
import { declared } from "../../src/declare.ts";
import { startProduct } from "../../src/product.ts";
import { hold } from "../bars.ts";
import { median } from "../median.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "30" },
    json: { type: "string" },
  },
});
const rounds = Number(values.rounds);
const configurations = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
const ours = `${configurations}/companyos-residency`;
// The registration is guarded; this is what the break-glass group is for.
const breakGlass = { "impersonate-user": "bench", "impersonate-group": "companyos:break-glass" };

interface Configuration {
  readonly metadata: { readonly uid: string };
  readonly webhooks: readonly { readonly name: string }[];
}

async function found(client: KubeClient): Promise<Configuration | undefined> {
  const { status, text } = await client.raw(ours);
  return status === 200 ? (JSON.parse(text) as Configuration) : undefined;
}

/** Milliseconds from the answer to the deletion until it can be read again. */
async function away(client: KubeClient): Promise<number> {
  const before = await found(client);
  const { status, text } = await client.raw(ours, { method: "DELETE", headers: breakGlass });
  if (status !== 200) throw new Error(`the configuration could not be deleted: ${status} ${text}`);
  const began = performance.now();
  for (;;) {
    const now = await found(client);
    if (now && now.metadata.uid !== before?.metadata.uid) return performance.now() - began;
    if (performance.now() - began > 60_000)
      throw new Error("the configuration did not come back in a minute");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Milliseconds of a deletion and a creation of its like, which calls nobody. */
async function floor(client: KubeClient, like: Configuration): Promise<number> {
  const body = {
    ...like,
    metadata: { name: "bench-floor" },
    webhooks: like.webhooks.map((webhook) => ({
      ...webhook,
      namespaceSelector: { matchLabels: { "bench.example.com/nobody": "" } },
    })),
  };
  const began = performance.now();
  await client.raw(`${configurations}/bench-floor`, { method: "DELETE" });
  const { status, text } = await client.raw(configurations, { method: "POST", body });
  if (status !== 201) throw new Error(`${status} ${text}`);
  return performance.now() - began;
}

const product = await startProduct();
const client = await connect({ kubeconfig: product.dev.kubeconfig });
try {
  const api = await openApi(product.dev.kubeconfig);
  await declared(api, "bench");
  await api.close();
  const like = (await found(client)) as Configuration;
  await floor(client, like);
  const restored: number[] = [];
  const floors: number[] = [];
  for (let round = 0; round < rounds; round++) {
    restored.push(await away(client));
    floors.push(await floor(client, like));
  }
  const figures = {
    "restored, median ms": Number(median(restored).toFixed(1)),
    "restored, slowest ms": Number(Math.max(...restored).toFixed(1)),
    "delete and create, median ms": Number(median(floors).toFixed(1)),
    "median of ratios": Number(
      median(restored.map((ms, round) => ms / (floors[round] as number))).toFixed(2),
    ),
  };
  console.log(`the webhook's configuration deleted ${rounds} times:`);
  console.table(figures);
  const baseline = JSON.parse(await readFile(new URL("../baseline.json", import.meta.url), "utf8"))
    .restore as {
    maxMedianMs: number;
  };
  if (values.json) await writeFile(values.json, JSON.stringify(figures, null, 2));
  hold({ "median ms": median(restored) }, { "median ms": baseline.maxMedianMs });
} finally {
  await client.close();
  await product.stop();
}

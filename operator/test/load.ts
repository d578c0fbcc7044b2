/** Lawful and unlawful pods for a tenant, several at once, for as long as asked. */
import { isForbidden, type KubeClient, type KubeObject, type Resource } from "@companyos/kube";

export interface LoadReport {
  readonly allowed: number;
  readonly refused: number;
  /** Answers that are neither: what a client sees when the webhook could not be asked. */
  readonly failures: readonly string[];
}

const pods: Resource = { group: "", version: "v1", plural: "pods", kind: "Pod", namespaced: true };

export function startLoad(options: {
  kube: KubeClient;
  namespace: string;
  atOnce: number;
  elsewhere: string;
}): {
  /** So far. */
  readonly seen: LoadReport;
  stop(): Promise<LoadReport>;
} {
  const { kube, namespace, elsewhere } = options;
  const report = { allowed: 0, refused: 0, failures: [] as string[] };
  let stopped = false;

  const pod = (spec: object): KubeObject => ({
    metadata: { generateName: "load-", namespace },
    spec: { containers: [{ name: "app", image: "app:1" }], ...spec },
  });

  async function one(lawful: boolean): Promise<void> {
    try {
      // Nothing of the lawful ones is kept: a thousand pods would be what is measured.
      if (lawful) await kube.create(pods, pod({}), { dryRun: true });
      else await kube.create(pods, pod({ nodeSelector: { "topology.kubernetes.io/region": elsewhere } }));
      if (lawful) report.allowed++;
      else report.failures.push("an unlawful pod was admitted");
    } catch (error) {
      if (!lawful && isForbidden(error) && /receipt/i.test((error as Error).message)) report.refused++;
      else report.failures.push(`${new Date().toISOString()} ${(error as Error).message}`);
    }
  }

  const workers = Array.from({ length: options.atOnce }, async (_, index) => {
    for (let turn = index; !stopped; turn++) {
      await one(turn % 2 === 0);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  return {
    seen: report,
    async stop() {
      stopped = true;
      await Promise.all(workers);
      return report;
    },
  };
}

/** Calls of ours that the API server gave up on, failing open or closed. */
export async function webhookErrors(kube: KubeClient): Promise<number> {
  const { text } = await kube.raw("/metrics");
  const lines = text
    .split("\n")
    .filter(
      (line) =>
        line.includes(".residency.companyos.io") &&
        (line.startsWith("apiserver_admission_webhook_fail_open_count{") ||
          (line.startsWith("apiserver_admission_webhook_rejection_count{") &&
            !line.includes('error_type="no_error"'))),
    );
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

/** Calls of ours that the API server made. */
export async function webhookCalls(kube: KubeClient): Promise<number> {
  const { text } = await kube.raw("/metrics");
  const lines = text
    .split("\n")
    .filter(
      (line) =>
        line.startsWith("apiserver_admission_webhook_request_total{") &&
        line.includes(".residency.companyos.io"),
    );
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

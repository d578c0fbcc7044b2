/** A Prometheus of its own that scrapes the running product every other second and evaluates rules each second. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureTool, freePort, type ProcessGroup } from "@companyos/cluster";
import { dump } from "js-yaml";
import { until } from "../src/until.ts";

/** One `/metrics`, with the labels that the chart's PodMonitor gives it. */
export interface Target {
  readonly url: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Rule {
  readonly name: string;
  readonly state: "inactive" | "pending" | "firing";
  /** Whether its last evaluation succeeded. */
  readonly health: string;
  readonly lastError?: string;
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  /** Seconds since the epoch, and the value. */
  readonly value: readonly [number, string];
}

export interface Prometheus {
  /** Every rule, once it was evaluated. */
  rules(): Promise<readonly Rule[]>;
  /** An instant query. Rejects with what Prometheus says of one that it cannot evaluate. */
  query(expr: string): Promise<readonly Sample[]>;
}

const name = "prometheus";

/** Resolves once it serves. It ends with the group. */
export async function startPrometheus(options: {
  readonly processes: ProcessGroup;
  readonly dir: string;
  readonly rules: string;
  readonly targets: readonly Target[];
}): Promise<Prometheus> {
  const { processes, dir, rules, targets } = options;
  const program = await ensureTool(name);
  const url = `http://127.0.0.1:${await freePort()}`;
  await mkdir(dir, { recursive: true });
  const config = {
    // A scrape may take no longer than until the next one, and on a busy machine it takes its time.
    global: { scrape_interval: "2s", scrape_timeout: "2s", evaluation_interval: "1s" },
    rule_files: ["rules.yaml"],
    scrape_configs: [
      {
        job_name: "companyos",
        static_configs: targets.map(({ url, labels }) => ({ targets: [new URL(url).host], labels })),
      },
    ],
  };
  await writeFile(join(dir, "rules.yaml"), rules);
  await writeFile(join(dir, "prometheus.yaml"), dump(config));
  const start = async () => {
    const { ended } = await processes.start({
      name,
      command: program,
      args: [
        `--config.file=${join(dir, "prometheus.yaml")}`,
        `--storage.tsdb.path=${join(dir, "data")}`,
        `--web.listen-address=${new URL(url).host}`,
      ],
    });
    const over = new AbortController();
    void ended.then(() => over.abort(new Error(`prometheus ended; its log is ${processes.logFile(name)}`)));
    const options = { timeoutMs: 60_000, signal: over.signal };
    await until(
      "prometheus ready",
      () => fetch(`${url}/-/ready`),
      ({ ok }) => ok,
      options,
    );
  };
  await start();
  const ask = async <T>(path: string): Promise<T> => {
    const response = await fetch(`${url}/api/v1/${path}`, { signal: AbortSignal.timeout(20_000) });
    const { status, data, error } = (await response.json()) as { status: string; data: T; error?: string };
    if (status !== "success") throw new Error(`${path}: ${error}`);
    return data;
  };
  return {
    async rules() {
      const { groups } = await ask<{ groups: readonly { rules: readonly Rule[] }[] }>("rules?type=alert");
      return groups.flatMap(({ rules }) => rules);
    },
    query: async (expr) =>
      (await ask<{ result: readonly Sample[] }>(`query?query=${encodeURIComponent(expr)}`)).result,
  };
}

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { ClusterAccess, ProcessGroup, RunningProcess } from "@companyos/cluster";
import { waitAfter } from "@companyos/service/backoff";
import { replaceFile } from "@companyos/service/files";
import type { RenderedContainer, RenderedWorkload } from "./release.ts";

/** A pod of the rendered chart, run as a process of this machine. */
export interface LocalPod {
  readonly name: string;
  readonly component: string;
  readonly region: string | undefined;
  readonly listenPort: number;
  readonly metricsPort: number;
}

export interface PodHost {
  readonly cluster: ClusterAccess;
  readonly processes: ProcessGroup;
  readonly stateDir: string;
  readonly namespace: string;
  /** What stands for the image's entry point `companyos`. */
  readonly program: readonly string[];
  readonly log: (line: string) => void;
  /** How long to wait before a pod is started again that ended so many times in a row, ms. */
  readonly backoffMs?: (failures: number) => number;
  /** Environment of a pod's processes besides what the chart gives them. */
  readonly env?: (pod: LocalPod, given: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
}

const tokenSeconds = 24 * 3600;
const refreshMs = (tokenSeconds / 2) * 1000;
const restartBackoffMs = { first: 1_000, max: 10_000 };
/** The first time at once, then as a kubelet: doubling. */
const defaultBackoffMs = (failures: number) =>
  failures <= 1 ? 0 : waitAfter(failures - 1, restartBackoffMs);

/**
 * Runs one replica of a rendered workload the way a kubelet would: its own folder for each volume, its own
 * service account token (renewed), init containers first, restarts with back-off. Ports are the caller's,
 * because several pods share this machine's loopback address.
 */
export class PodRunner {
  readonly pod: LocalPod;
  readonly #host: PodHost;
  readonly #workload: RenderedWorkload;
  #process: RunningProcess | undefined;
  #stopping = false;
  /** Settles when the pod may be started again. */
  #held: PromiseWithResolvers<void> | undefined;
  #renewal: NodeJS.Timeout | undefined;

  constructor(host: PodHost, workload: RenderedWorkload, pod: LocalPod) {
    this.#host = host;
    this.#workload = workload;
    this.pod = pod;
  }

  get process(): RunningProcess | undefined {
    return this.#process;
  }

  get log(): string {
    return this.#host.processes.logFile(this.pod.name);
  }

  get #dir(): string {
    return join(this.#host.stateDir, "pods", this.pod.name);
  }

  async start(): Promise<void> {
    await mkdir(join(this.#dir, "serviceaccount"), { recursive: true });
    await this.#writeToken();
    this.#renewal = setInterval(
      () =>
        void this.#writeToken().catch((error) =>
          this.#host.log(`${this.pod.name}: token not renewed: ${error}`),
        ),
      refreshMs,
    );
    this.#renewal.unref();
    for (const container of this.#workload.initContainers) {
      if (this.#stopping) return;
      const name = `${this.pod.name}.${container.name}`;
      const init = await this.#launch(name, container);
      const { code } = await init.ended;
      if (code !== 0) throw new Error(`${name} ended with ${code}; its log is ${init.log}`);
    }
    const [main] = this.#workload.containers;
    if (!main) throw new Error(`${this.pod.name} has no container`);
    if (!this.#stopping) await this.#run(main, 0);
  }

  /** Signals its process, which is started again once it has ended. False while none runs. */
  async signal(signal: NodeJS.Signals): Promise<boolean> {
    return this.#host.processes.signal(this.pod.name, signal);
  }

  /** From now on, what ends stays away until `release`. */
  hold(): void {
    this.#held ??= Promise.withResolvers();
  }

  release(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.release();
    clearInterval(this.#renewal);
    await this.#host.processes.end(this.pod.name, { graceMs: 20_000 });
  }

  async #run(container: RenderedContainer, failures: number): Promise<void> {
    const started = Date.now();
    const running = await this.#launch(this.pod.name, container);
    this.#process = running;
    void running.ended.then(async ({ code, signal }) => {
      if (this.#stopping) return;
      const again = Date.now() - started > 60_000 ? 0 : failures + 1;
      const delay = (this.#host.backoffMs ?? defaultBackoffMs)(again);
      this.#host.log(
        `${this.pod.name} ended (${signal ?? code}); started again in ${delay} ms; log: ${running.log}`,
      );
      await new Promise((resolve) => setTimeout(resolve, delay));
      await this.#held?.promise;
      if (!this.#stopping)
        await this.#run(container, again).catch((error) => this.#host.log(`${this.pod.name}: ${error}`));
    });
  }

  async #launch(name: string, container: RenderedContainer): Promise<RunningProcess> {
    const mounts = container.volumeMounts.map(({ name, mountPath }) => ({
      mountPath,
      folder: join(this.#dir, name),
    }));
    for (const { folder } of mounts) await mkdir(folder, { recursive: true, mode: 0o700 });
    const here = (text: string) =>
      mounts.reduce((done, { mountPath, folder }) => done.replaceAll(mountPath, folder), text);
    const env = Object.fromEntries(
      container.env.map((entry) => [entry.name, here(entry.value ?? this.#field(entry.fieldPath))]),
    );
    const [, ...command] = container.command;
    const [program, ...programArgs] = this.#host.program;
    return await this.#host.processes.start({
      name,
      command: program as string,
      args: [...programArgs, ...command, ...container.args.map(here)],
      env: {
        PATH: process.env.PATH,
        ...env,
        ...this.#host.env?.(this.pod, env),
        COMPANYOS_KUBE_API: this.#host.cluster.url,
        COMPANYOS_SERVICEACCOUNT_DIR: join(this.#dir, "serviceaccount"),
        ...("COMPANYOS_LISTEN" in env ? { COMPANYOS_LISTEN: `127.0.0.1:${this.pod.listenPort}` } : {}),
        ...("COMPANYOS_METRICS_LISTEN" in env
          ? { COMPANYOS_METRICS_LISTEN: `127.0.0.1:${this.pod.metricsPort}` }
          : {}),
      },
    });
  }

  #field(path: string | undefined): string {
    if (path === "metadata.name") return this.pod.name;
    if (path === "metadata.namespace") return this.#host.namespace;
    throw new Error(`the chart asks for the field ${path}, which this runner does not know`);
  }

  async #writeToken(): Promise<void> {
    const folder = join(this.#dir, "serviceaccount");
    const token = await this.#host.cluster.serviceAccountToken(
      this.#host.namespace,
      this.#workload.serviceAccount,
      tokenSeconds,
    );
    for (const [file, content] of [
      ["token", token],
      ["ca.crt", this.#host.cluster.caPem],
      ["namespace", this.#host.namespace],
    ] as const) {
      await replaceFile(join(folder, file), content, { mode: 0o600 });
    }
  }
}

import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { replaceFile } from "@companyos/service/files";
import { accessTo, adminKubeconfig, type ClusterFile, clusterFile } from "./access.ts";
import { COMPONENTS, flagsOf, IDENTITIES, kubeconfigOf, type Places, PORTS } from "./components.ts";
import { ClusterError } from "./errors.ts";
import { type Keyring, openKeyring } from "./keyring.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { endRecorded } from "./ledger.ts";
import { logTail } from "./log-tail.ts";
import { DEFAULT_REGIONS, regionNodes } from "./nodes.ts";
import { freePorts } from "./ports.ts";
import { ProcessGroup } from "./process-group.ts";
import { type Probe, untilReady } from "./readiness.ts";
import { ensureStages } from "./stages.ts";
import { ensureTools } from "./tools.ts";
import type { Cluster, ClusterAccess, ClusterOptions, Component } from "./types.ts";
import { writeAdmissionConfiguration } from "./webhook-caller.ts";

const START_ATTEMPTS = 4;
const READY_TIMEOUT_MS = 60_000;
const PORT_TAKEN = /address already in use|bind: /i;
// Everything a cluster writes; whatever else is in the folder belongs to somebody else.
const OURS = ["etcd", "pki", "users", "logs", "kwok", "cluster.json", "admin.kubeconfig"];

/**
 * Starts a control plane on loopback: etcd, kube-apiserver and, unless left out, kube-controller-manager,
 * kube-scheduler and kwok with simulated nodes (pods are scheduled and reported Running; no container runs).
 * Missing programs are built first. What an earlier start left running in `stateDir` is ended. Resolves when every
 * component is ready and every node Ready; if it rejects, nothing of it runs any more. Errors: those of
 * ensureTools, COMPONENT_DIED and COMPONENT_NOT_READY (with the log's tail), NO_FREE_PORT, STATE_UNREADABLE.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const stateDir = resolve(options.stateDir);
  const wanted = new Set<Component>(["etcd", "kube-apiserver", ...(options.components ?? COMPONENTS)]);
  const components = COMPONENTS.filter((component) => wanted.has(component));
  const binaries = await ensureTools(
    components,
    options.onProgress ? { onProgress: options.onProgress } : {},
  );
  const stages = wanted.has("kwok") ? await ensureStages() : "";

  await endRecorded(stateDir);
  if (options.fresh ?? true) {
    await Promise.all(OURS.map((name) => rm(join(stateDir, name), { recursive: true, force: true })));
  }
  await mkdir(stateDir, { recursive: true });
  const keyring = await openKeyring(stateDir);
  await writeAdmissionConfiguration(stateDir);
  const plane = new ControlPlane(stateDir, components, binaries, stages, keyring, options);
  try {
    await plane.startAll();
  } catch (error) {
    await plane.stop();
    throw error;
  }
  return plane.handle;
}

class ControlPlane {
  readonly #places: Places;
  readonly #components: readonly Component[];
  readonly #binaries: Partial<Record<Component, string>>;
  readonly #keyring: Keyring;
  readonly #options: ClusterOptions;
  readonly #processes: ProcessGroup;
  readonly #access: ClusterAccess & { close(): void };
  readonly handle: Cluster;

  constructor(
    stateDir: string,
    components: readonly Component[],
    binaries: Partial<Record<Component, string>>,
    stages: string,
    keyring: Keyring,
    options: ClusterOptions,
  ) {
    this.#places = { stateDir, stages, ports: {} };
    this.#components = components;
    this.#binaries = binaries;
    this.#keyring = keyring;
    this.#options = options;
    this.#processes = new ProcessGroup(stateDir, options.onExit);
    const { certPem, keyPem } = keyring.pairs.admin;
    this.#access = accessTo(
      stateDir,
      {
        authority: keyring.authority,
        adminCert: certPem,
        adminKey: keyPem,
        caller: keyring.caller,
        callersCaPem: keyring.caller.caPem,
      },
      () => this.#file(),
    );
    this.handle = Object.defineProperties(
      {
        processes: this.#processes,
        kill: (component: Component, signal: NodeJS.Signals = "SIGKILL") =>
          this.#processes.end(component, { signal }),
        restart: (component: Component) => this.#restart(component),
        stop: (how?: { discard?: boolean }) => this.stop(how),
      },
      // Getters must stay getters: ports and URL are looked up when asked for. Descriptors have lost the types.
      Object.getOwnPropertyDescriptors(this.#access),
    ) as unknown as Cluster;
  }

  async startAll(): Promise<void> {
    const began = Date.now();
    const steps = this.#components.length;
    const started = (component: Component, step: number) =>
      this.#options.onProgress?.({
        what: component,
        step,
        steps,
        phase: "starting",
        elapsed: (Date.now() - began) / 1000,
        remaining: undefined,
      });
    const [etcd, apiserver, ...rest] = this.#components;
    started(etcd!, 1);
    await this.#start(etcd!);
    started(apiserver!, 2);
    await this.#start(apiserver!);
    await this.#writeAccess();
    await Promise.all(
      rest.map(async (component, index) => {
        started(component, index + 3);
        await this.#start(component);
      }),
    );
    await this.#writeAccess();
    if (this.#components.includes("kube-controller-manager")) await this.#defaultAccountExists();
    await Promise.all(
      regionNodes(this.#options.regions ?? DEFAULT_REGIONS).map((node) => this.#access.addNode(node)),
    );
  }

  async stop(how?: { discard?: boolean }): Promise<void> {
    this.#access.close();
    await this.#processes.stop(how);
    await rm(clusterFile(this.#places.stateDir), { force: true });
  }

  /** Starts with fresh ports, again with others if somebody took one of them in between. */
  async #start(component: Component): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const names = PORTS[component];
      const ports = await freePorts(names.length);
      for (const [i, name] of names.entries()) this.#places.ports[name] = ports[i]!;
      try {
        return await this.#launch(component);
      } catch (error) {
        const collided = PORT_TAKEN.test(logTail(this.#processes.logFile(component)));
        await this.#processes.end(component);
        if (!collided || attempt === START_ATTEMPTS) throw error;
        await rm(this.#processes.logFile(component), { force: true });
      }
    }
  }

  async #restart(component: Component): Promise<void> {
    if (!this.#components.includes(component)) {
      throw new TypeError(`restart: ${component} is not part of this cluster`);
    }
    await this.#processes.end(component);
    await this.#launch(component);
  }

  async #launch(component: Component): Promise<void> {
    const { stateDir, ports } = this.#places;
    const running = await this.#processes.start({
      name: component,
      command: this.#binaries[component]!,
      args: [...flagsOf[component](this.#places), ...this.#further(component)],
      env: environment(join(stateDir, "kwok")),
    });
    const probe: Probe = { component, port: ports[PORTS[component][0]!]! };
    if (component !== "etcd" && component !== "kwok") {
      const { certPem, keyPem } = this.#keyring.pairs.admin;
      probe.tls = { ca: this.#keyring.authority.certPem, cert: certPem, key: keyPem };
    }
    await untilReady(probe, running, this.#options.readyTimeoutMs ?? READY_TIMEOUT_MS);
  }

  #further(component: Component): readonly string[] {
    const given = this.#options.args?.[component] ?? [];
    // Without the controller manager no namespace gets its default account, and no pod could be created.
    const alone = component === "kube-apiserver" && !this.#components.includes("kube-controller-manager");
    return alone ? ["--disable-admission-plugins=ServiceAccount", ...given] : given;
  }

  #file(): ClusterFile {
    const { ports } = this.#places;
    const names = [...this.#components, ...this.#processes.running.map(({ name }) => name)];
    return {
      url: `https://127.0.0.1:${ports["kube-apiserver"]}`,
      simulated: this.#components.includes("kwok"),
      ports: { ...ports },
      logs: Object.fromEntries(names.map((name) => [name, this.#processes.logFile(name)])),
    };
  }

  async #writeAccess(): Promise<void> {
    const { stateDir } = this.#places;
    const file = this.#file();
    const kubeconfigs: [keyof typeof IDENTITIES, string][] = [
      ["admin", adminKubeconfig(stateDir)],
      ["kube-controller-manager", kubeconfigOf(stateDir, "kube-controller-manager")],
      ["kube-scheduler", kubeconfigOf(stateDir, "kube-scheduler")],
      ["kwok", kubeconfigOf(stateDir, "kwok")],
    ];
    for (const [who, path] of kubeconfigs) {
      await writeKubeconfig(path, IDENTITIES[who].name, {
        url: file.url,
        caPem: this.#keyring.authority.certPem,
        ...this.#keyring.pairs[who],
      });
    }
    const path = clusterFile(stateDir);
    await replaceFile(path, `${JSON.stringify(file, null, 2)}\n`, { mode: "umask" });
  }

  async #defaultAccountExists(): Promise<void> {
    const deadline = Date.now() + (this.#options.readyTimeoutMs ?? READY_TIMEOUT_MS);
    for (;;) {
      try {
        await this.#access.request("GET", "/api/v1/namespaces/default/serviceaccounts/default");
        return;
      } catch (error) {
        if ((error as ClusterError).status !== 404) throw error;
        if (Date.now() > deadline) {
          throw new ClusterError(
            "COMPONENT_NOT_READY",
            `kube-controller-manager made no default account; its log ends with:\n${logTail(this.#processes.logFile("kube-controller-manager"))}`,
          );
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/**
 * What components see of this process's environment: next to nothing, because etcd (ETCD_*), client-go
 * (KUBE_FEATURE_*) and kwok (KWOK_*, ~/.kwok) would take settings from it.
 */
function environment(kwokFolder: string): Record<string, string | undefined> {
  const { PATH, TMPDIR, TZ } = process.env;
  return { PATH, TMPDIR, TZ, KWOK_WORKDIR: kwokFolder };
}

import { get as getHttp } from "node:http";
import { get as getHttps } from "node:https";
import { READY_PATH } from "./components.ts";
import { ClusterError } from "./errors.ts";
import { isAlive } from "./identity.ts";
import { logTail } from "./log-tail.ts";
import type { RunningProcess } from "./process-group.ts";
import type { Component } from "./types.ts";

/** Whom to ask whether it is ready; without `tls` in plain HTTP. */
export interface Probe {
  component: Component;
  port: number;
  tls?: { ca: string; cert: string; key: string };
}

const POLL_MS = 50;

function returnsOk({ component, port, tls }: Probe): Promise<boolean> {
  const options = {
    host: "127.0.0.1",
    port,
    path: READY_PATH[component],
    timeout: 2_000,
    agent: false,
    ...tls,
  };
  return new Promise((resolve) => {
    const request = (tls ? getHttps : getHttp)(options, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode === 200));
      response.on("error", () => resolve(false));
    });
    request.on("timeout", () => request.destroy(new Error("timeout")));
    request.on("error", () => resolve(false));
  });
}

/** Resolves once the probe returns 200 and the process still lives; else COMPONENT_DIED or COMPONENT_NOT_READY. */
export async function untilReady(probe: Probe, running: RunningProcess, timeoutMs: number): Promise<void> {
  let ended: string | undefined;
  void running.ended.then(({ code, signal }) => {
    ended = signal ?? `exit code ${code}`;
  });
  const deadline = Date.now() + timeoutMs;
  const tail = () => `Its log, ${running.log}, ends with:\n${logTail(running.log)}`;
  for (;;) {
    const ready = await returnsOk(probe);
    // The process that responded on that port need not be ours: ours may have failed to bind it.
    if (ready && (await isAlive(running))) return;
    if (ended)
      throw new ClusterError("COMPONENT_DIED", `${probe.component} ended during start (${ended}). ${tail()}`);
    if (Date.now() > deadline) {
      throw new ClusterError(
        "COMPONENT_NOT_READY",
        `${probe.component} was not ready within ${timeoutMs} ms. ${tail()}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

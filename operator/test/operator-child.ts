/**
 * An operator in a process of its own, which is killed at the write that puts one object back. Arguments: an
 * `OperatorProcess` as JSON, the object's name, and `before` the request is sent or `after` its response is there.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { connect, type KubeClient } from "@companyos/kube";
import { runOperator } from "@companyos/operator";
import { createLogger } from "@companyos/service";
import type { OperatorProcess } from "./product.ts";

const [json, target, moment] = process.argv.slice(2) as [string, string, "before" | "after"];
const { server, serviceAccountDir, ...options } = JSON.parse(json) as OperatorProcess;
const client = await connect({ serviceAccountDir, server });

async function writing<T>(name: string | undefined, write: () => Promise<T>): Promise<T> {
  const mine = name === target;
  if (mine && moment === "before") process.kill(process.pid, "SIGKILL");
  const response = await write();
  if (mine) process.kill(process.pid, "SIGKILL");
  return response;
}

const kube: KubeClient = {
  ...client,
  create: (resource, object, options) =>
    writing((object as { metadata: { name?: string } }).metadata.name, () =>
      client.create(resource, object, options),
    ),
  patch: (resource, name, type, patch, options) =>
    writing(name, () => client.patch(resource, name, type, patch, options)),
};

await runOperator({
  ...options,
  kube,
  log: createLogger({ role: "operator", level: "warn" }),
  cluster: "test",
  token: () => readFile(join(serviceAccountDir, "token"), "utf8"),
  leaderElection: false,
});

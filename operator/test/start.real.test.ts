import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sharedCluster } from "@companyos/cluster";
import { connect, resources } from "@companyos/kube";
import { takenPort } from "@companyos/service/testing/taken-port";
import { expect, test } from "@jest/globals";

test("with the address for metrics taken the operator does not start: nothing leads, watches or keeps a journal open", async () => {
  const { kubeconfig } = await sharedCluster();
  const client = await connect({ kubeconfig });
  const namespace = `operator-start-${randomBytes(4).toString("hex")}`;
  await client.create(resources.namespaces, { metadata: { name: namespace } });
  const [port, folder] = [await takenPort(), await mkdtemp(join(tmpdir(), "operator-"))];
  const script = join(import.meta.dirname, "starting-child.ts");
  const child = spawn(
    process.execPath,
    [script, kubeconfig, namespace, join(folder, "journal"), String(port.taken.port)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  try {
    let said = "";
    child.stdout.on("data", (text) => {
      said += text;
    });
    // By itself, which it cannot while anything of the operator runs.
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(said).toBe("EADDRINUSE\n");
    expect(await client.find(resources.leases, "companyos-operator", { namespace })).toBeUndefined();
  } finally {
    child.kill("SIGKILL");
    await port.end();
    await client.delete(resources.namespaces, namespace);
    await client.close();
    await rm(folder, { recursive: true });
  }
});

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { sharedCluster } from "@companyos/cluster";
import { SkewedClocks } from "@companyos/test/faults/skewed-clocks";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { connect, type KubeClient, resources } from "../src/index.ts";

const namespace = `kube-elect-${randomBytes(4).toString("hex")}`;
const skewed = `${namespace}-skewed`;
/** A machine that stands still for less than 0.8 of it costs nobody the lead. */
const leaseMs = 6_000;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const clocks = new SkewedClocks();
let client: KubeClient;
const children: ChildProcess[] = [];

beforeAll(async () => {
  client = await connect({ kubeconfig: (await sharedCluster()).kubeconfig });
  for (const name of [namespace, skewed]) await client.create(resources.namespaces, { metadata: { name } });
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  for (const name of [namespace, skewed]) await client.delete(resources.namespaces, name);
  await client.close();
  await clocks.remove();
});

async function elector(identity: string, where = namespace, env: Record<string, string> = {}) {
  const { kubeconfig } = await sharedCluster();
  const script = new URL("./elector.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [script, kubeconfig, where, identity, String(leaseMs)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  children.push(child);
  let said = "";
  child.stdout?.on("data", (text) => {
    said += text;
  });
  return { identity, child, leads: () => said.endsWith("lead\n"), ended: () => child.exitCode === 0 };
}

const leaseNow = async () => (await client.get(resources.leases, "lead", { namespace })).spec ?? {};

test("of two processes one leads; killed, the other follows after the lease; asked to stop, at once", async () => {
  const both = [await elector("a"), await elector("b")] as const;
  const leading = () => both.filter(({ leads }) => leads());
  await until("one leads", () => leading().length === 1, Boolean, { timeoutMs: 30_000 });
  for (let looks = 0; looks < 20; looks++) {
    await pause(50);
    expect(leading().length).toBeLessThanOrEqual(1);
  }
  await until("one leads", () => leading().length === 1, Boolean, { timeoutMs: 30_000 });

  const [first, second] = both[0].leads() ? both : both.toReversed();
  const renewed = Date.parse((await leaseNow()).renewTime as string);
  first?.child.kill("SIGKILL");
  await until("the other leads", () => second?.leads() ?? false, Boolean, { timeoutMs: 30_000 });
  expect(Date.now() - renewed).toBeGreaterThanOrEqual(leaseMs);

  const third = await elector("c");
  await pause(1500);
  expect(third.leads()).toBe(false);
  second?.child.kill("SIGTERM");
  await until("the second ended in good order", () => second?.ended() ?? false, Boolean, {
    timeoutMs: 30_000,
  });
  // Given back: it does not have to run out.
  expect((await leaseNow()).holderIdentity).not.toBe(second?.identity);
  await until("the third leads", third.leads, Boolean, { timeoutMs: 30_000 });
}, 180_000);

test(`clocks hours apart (by ${clocks.how}): a lease that is renewed is nobody else's, one that is not is taken`, async () => {
  await clocks.set({ a: 3_600, b: -3_600 });
  const holder = await elector("a", skewed, clocks.env("a"));
  await until("it leads", holder.leads, Boolean, { timeoutMs: 30_000 });
  const standby = await elector("b", skewed, clocks.env("b"));
  // Longer than the lease: by the standby's clock it is not over for two hours, by the holder's it long was.
  await pause(leaseMs + 1_000);
  expect([holder.leads(), standby.leads()]).toEqual([true, false]);
  await clocks.set({ a: -3_600, b: 3_600 });
  await pause(leaseMs + 1_000);
  expect([holder.leads(), standby.leads()]).toEqual([true, false]);
  holder.child.kill("SIGKILL");
  await until("the other leads", standby.leads, Boolean, { timeoutMs: 30_000 });
}, 180_000);

/** Strangers by the thousand, at a notary that asks a real API server who they are. */

import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sharedCluster } from "@companyos/cluster";
import { connect, type KubeClient, kubernetesReviewer, resources } from "@companyos/kube";
import { openSender, timeoutMs } from "@companyos/outbox/testing/peer";
import { createAuthenticator } from "@companyos/service";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Agent, request } from "undici";
import type { RunningNotary } from "../src/options.ts";
import { serveNotary } from "../src/run.ts";
import { driversIn } from "./folders.ts";
import { audit, blocked, type Rig, region, rig, silent } from "./rig.ts";

const namespace = `flood-${randomBytes(4).toString("hex")}`;
let client: KubeClient;
let r: Rig;
let notary: RunningNotary;
/** TokenReviews that the notary sent, and for how many other tokens than the senders'. */
const reviews = { all: 0, bogus: 0 };

beforeAll(async () => {
  client = await connect({ kubeconfig: (await sharedCluster()).kubeconfig });
  await client.create(resources.namespaces, { metadata: { name: namespace } });
  for (const name of ["companyos-webhook", "companyos-operator"])
    await client.create(resources.serviceAccounts, { metadata: { name, namespace } });
  r = await rig();
  const counted: KubeClient = {
    ...client,
    raw: (path, init) => {
      if (path.endsWith("/tokenreviews")) {
        reviews.all++;
        if (JSON.stringify(init?.body).includes("bogus")) reviews.bogus++;
      }
      return client.raw(path, init);
    },
  };
  notary = await serveNotary(
    {
      region,
      ...(await driversIn(r)),
      listen: { host: "127.0.0.1", port: 0 },
      tls: { kind: "none" },
      client: counted,
      log: silent,
      namespace,
      publishIntervalMs: 20,
      batchDelayMs: 2,
    },
    // Time stands still: nothing is remembered, and no budget comes back.
    createAuthenticator({
      reviewer: kubernetesReviewer(counted),
      cacheMs: 0,
      refusedMs: 0,
      now: () => 0,
    }),
  );
});
/** What a test opened, also one that failed. */
const opened: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  await Promise.all(opened.map((end) => end()));
  await notary?.stop();
  await r?.remove();
  await client.delete(resources.namespaces, namespace);
  await client.close();
});

async function tokenOf(name: string): Promise<string> {
  const { text } = await client.raw(`/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
    method: "POST",
    body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
  });
  return (JSON.parse(text) as { status: { token: string } }).status.token;
}

const shipment = JSON.stringify({ from: 0, cluster: "test", segments: [], records: [] });

async function submit(token: string, dispatcher: Agent): Promise<number> {
  const { statusCode, body } = await request(`${notary.url}/v1/journals/AAAAAAAAAAAAAAAAAAAAAA/records`, {
    method: "POST",
    dispatcher,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: shipment,
  });
  await body.dump();
  return statusCode;
}

test("a flood of made up tokens costs the API server little, and no sender a record", async () => {
  const dir = await mkdtemp(join(tmpdir(), "journal-"));
  const webhook = await tokenOf("companyos-webhook");
  const sender = await openSender({ dir, regions: { [region]: { url: notary.url } }, token: () => webhook });
  opened.push(async () => {
    await sender.stop();
    await rm(dir, { recursive: true, force: true });
  });
  await sender.append(blocked("acme"));
  expect(await sender.flush(timeoutMs)).toBe(true);

  const strangers = new Agent({ connections: 32 });
  opened.push(() => strangers.destroy());
  let over = false;
  const flood = async () => {
    const responses: number[] = [];
    while (!over || responses.length < 50)
      responses.push(await submit(`bogus-${randomBytes(8).toString("hex")}`, strangers));
    return responses;
  };
  const floods = Array.from({ length: 32 }, flood);
  opened.push(async () => {
    over = true;
    await Promise.allSettled(floods);
  });
  const lawful = Array.from({ length: 50 }, () => blocked("acme"));
  for (const event of lawful) {
    await sender.append(event);
    await sender.close({ region, rid: event.rid });
    expect(await sender.flush(timeoutMs)).toBe(true);
  }
  over = true;
  const responses = (await Promise.all(floods)).flat();
  expect(responses.filter((status) => status !== 401 && status !== 429)).toEqual([]);
  // Each 401 cost one TokenReview; the others were refused without one.
  expect(responses.filter((status) => status === 401)).toHaveLength(reviews.bogus);
  expect(reviews.bogus).toBeGreaterThan(0);
  expect(reviews.bogus).toBeLessThanOrEqual(20);
  expect(reviews.all - reviews.bogus).toBeGreaterThanOrEqual(50);
  // Every one of them, once: the first, and fifty in the flood.
  const logged = async () =>
    (await audit(r)).receipts.filter(({ type }) => type === "admission.blocked").length;
  await until("all of them logged", logged, (count) => count >= 51, { timeoutMs });
  expect(await logged()).toBe(51);

  // Somebody new at another address is not hindered; at the strangers' own, they are one of the strangers.
  const operator = await tokenOf("companyos-operator");
  const elsewhere = new Agent({ localAddress: "127.0.0.2" });
  opened.push(() => elsewhere.destroy());
  expect(await submit(operator, strangers)).toBe(429);
  expect(await submit(operator, elsewhere)).not.toBe(429);
});

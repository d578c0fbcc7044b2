/** What a notary serves, and whether it says that it is ready, when its certificate is replaced by another. */
import { X509Certificate } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { Agent, get } from "node:https";
import { join } from "node:path";
import type { PeerCertificate, TLSSocket } from "node:tls";
import { issueAuthority, issueServing } from "@companyos/operator/testing/parts";
import { until } from "@companyos/test/until";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { RunningNotary } from "../src/options.ts";
import { type Rig, region, rig, serveAlone } from "./rig.ts";

const day = 24 * 3_600_000;
const now = Date.now();
const authority = await issueAuthority({ name: "test", now: now - 20 * day, days: 60 });
const issued = (at: number, days: number) =>
  issueServing({ authority, hosts: ["localhost", "127.0.0.1"], now: at, days });
const [good, ended] = [await issued(now, 30), await issued(now - 10 * day, 5)];
const nobody = { authenticate: async () => undefined, authorize: async () => false };

let r: Rig;
let notary: RunningNotary;
beforeEach(async () => {
  r = await rig();
});
afterEach(async () => {
  await notary.stop();
  await r.remove();
});

async function write(pair: { cert: string; key: string }): Promise<void> {
  for (const [name, text] of [
    ["tls.key", pair.key],
    ["tls.crt", pair.cert],
  ] as const) {
    await writeFile(join(r.dir, `${name}.new`), text);
    await rename(join(r.dir, `${name}.new`), join(r.dir, name));
  }
  await notary?.reloadCertificate();
}

async function started(pair: { cert: string; key: string }): Promise<void> {
  await write(pair);
  notary = await serveAlone(
    {
      region,
      storeDir: r.storeDir,
      keysDir: r.keysDir,
      tls: { kind: "files", cert: join(r.dir, "tls.crt"), key: join(r.dir, "tls.key") },
      metricsListen: { host: "127.0.0.1", port: 0 },
    },
    nobody,
  );
  await notary.reloadCertificate();
}

/** What somebody is told who connects anew and trusts the authority. */
function ready(options: { rejectUnauthorized?: boolean } = {}) {
  return new Promise<{ status: number | undefined; body: string; certificate: PeerCertificate }>(
    (resolve, reject) => {
      const agent = new Agent({ ca: authority.cert, keepAlive: false, maxCachedSessions: 0, ...options });
      get(`${notary.url}/readyz`, { agent }, (response) => {
        const certificate = (response.socket as TLSSocket).getPeerCertificate();
        let body = "";
        response.setEncoding("utf8").on("data", (text) => (body += text));
        response.once("end", () => resolve({ status: response.statusCode, body, certificate }));
      }).once("error", reject);
    },
  );
}
const isReady = (told: Awaited<ReturnType<typeof ready>>) => told.status === 200;
const expires = async () =>
  /^residency_serving_certificate_expires_timestamp_seconds (\d+)$/m.exec(
    await (await fetch(`${notary.metricsUrl}/metrics`)).text(),
  )?.[1];
const endOf = ({ cert }: { cert: string }) => String(Date.parse(new X509Certificate(cert).validTo) / 1000);

test("a pair that has ended does not replace the one that is valid", async () => {
  await started(good);
  await until("it is ready", ready, isReady);
  await write(ended);
  expect(await ready()).toMatchObject({ status: 200, body: "ok\n" });
  expect(await expires()).toBe(endOf(good));
});

test("with nothing but a pair that has ended it is not ready, and says why; a good one mends that at once", async () => {
  await started(ended);
  await expect(ready()).rejects.toMatchObject({ code: "CERT_HAS_EXPIRED" });
  const told = await until(
    "the certificate to be all that is missing",
    () => ready({ rejectUnauthorized: false }),
    ({ body }) => !body.includes("the log is"),
  );
  expect(told).toMatchObject({ status: 503, body: "not ready: the serving certificate has ended\n" });
  expect(await expires()).toBe(endOf(ended));
  await write(good);
  expect(await ready()).toMatchObject({ status: 200 });
  expect(await expires()).toBe(endOf(good));
});

import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { issueAuthority, issueServing } from "@companyos/operator/testing/parts";
import { afterEach, expect, test } from "@jest/globals";
import { NotaryClient } from "../src/shipping/notary-client.ts";

const unknownIssuer = "UNABLE_TO_VERIFY_LEAF_SIGNATURE";
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** A notary that only says who it is, each time over a new connection. */
async function notary(): Promise<{ url: string; ca: string }> {
  const now = Date.now();
  const authority = await issueAuthority({ name: "test", now, days: 1 });
  const pair = await issueServing({ authority, hosts: ["127.0.0.1"], now, days: 1 });
  const server = createServer(pair, (_request, response) =>
    response
      .writeHead(200, { "content-type": "application/json", connection: "close" })
      .end(JSON.stringify({ region: "eu-west-1", sealing: {} })),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, ca: authority.cert };
}

function clientOf(url: string, ca: () => string | undefined): NotaryClient {
  const client = new NotaryClient(url, 60_000, { ca, token: () => "token" });
  closing.push(() => client.stop());
  return client;
}

test("authorities that are not published for a moment are those of before", async () => {
  const { url, ca } = await notary();
  let published: string | undefined = ca;
  const client = clientOf(url, () => published);
  expect(await client.identity()).toMatchObject({ region: "eu-west-1" });
  published = undefined;
  expect(await client.identity()).toMatchObject({ region: "eu-west-1" });
});

test("other authorities count at once", async () => {
  const { url, ca } = await notary();
  const other = await issueAuthority({ name: "other", now: Date.now(), days: 1 });
  let published = other.cert;
  const client = clientOf(url, () => published);
  await expect(client.identity()).rejects.toThrow(unknownIssuer);
  published = ca;
  expect(await client.identity()).toMatchObject({ region: "eu-west-1" });
  published = other.cert;
  await expect(client.identity()).rejects.toThrow(unknownIssuer);
});

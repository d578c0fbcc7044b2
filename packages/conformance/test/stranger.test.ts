import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { issueAuthority, issueServing } from "@companyos/operator/testing/parts";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { post } from "../src/stranger.ts";

let server: Server;
let url: string;
let ca: string;
/** Undefined: breaks off. */
let status: number | undefined;

beforeAll(async () => {
  const now = Date.now();
  const authority = await issueAuthority({ name: "test", now, days: 1 });
  const pair = await issueServing({ authority, hosts: ["localhost"], now, days: 1 });
  ca = authority.cert;
  server = createServer({ cert: pair.cert, key: pair.key }, (request, response) => {
    if (status === undefined) request.socket.destroy();
    else response.writeHead(status).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  url = `https://localhost:${(server.address() as AddressInfo).port}/admit`;
});
afterAll(() => void server.close().closeAllConnections());

test.each([401, 403])("who gets %d is refused", async (denied) => {
  status = denied;
  expect(await post(url, { ca, body: {} })).toEqual({ verdict: "refused" });
});

test("who gets a verdict is told apart", async () => {
  status = 200;
  expect(await post(url, { ca, body: {} })).toMatchObject({ verdict: "answered", answer: "{}" });
});

test("a server that our own CA does not know was not asked, whatever it would have said", async () => {
  status = 200;
  const { cert } = await issueAuthority({ name: "foreign", now: Date.now(), days: 1 });
  expect(await post(url, { ca: cert, body: {} })).toEqual({
    verdict: "not tried",
    why: expect.stringMatching(/UNABLE_TO|SELF_SIGNED|SIGNATURE/),
  });
});

test("a connection that breaks off, an error and a closed port are no refusal", async () => {
  status = undefined;
  expect(await post(url, { ca, body: {} })).toMatchObject({ verdict: "not tried" });
  status = 503;
  expect(await post(url, { ca, body: {} })).toMatchObject({
    verdict: "not tried",
    why: expect.stringContaining("503"),
  });
  const closed = createServer().listen(0, "localhost");
  await new Promise((resolve) => closed.once("listening", resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  expect(await post(`https://localhost:${port}/admit`, { ca, body: {} })).toMatchObject({
    verdict: "not tried",
    why: expect.stringContaining("ECONNREFUSED"),
  });
});

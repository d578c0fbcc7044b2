import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { Authority } from "@companyos/cluster";
import { until } from "@companyos/test/until";
import { afterEach, describe, expect, test } from "@jest/globals";
import { authenticatedConnections, close, limitConnections, listen } from "../src/index.ts";

let server: Server;
const clients: Socket[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await close(server, 0);
});

/** Answers everything; `/sign-in` makes a connection a familiar one, `/wait` answers when told to. */
async function serve(limits: { total: number; each: number }) {
  const waiting: (() => void)[] = [];
  server = createServer((request, response) => {
    if (request.url === "/sign-in") authenticatedConnections.add(request.socket);
    if (request.url === "/wait") waiting.push(() => response.end("waited"));
    else response.end("ok");
  });
  limitConnections(server, limits);
  const [, port] = (await listen(server, { host: "127.0.0.1", port: 0 })).split(":");
  return { port: Number(port), waiting };
}

async function open(port: number, localAddress = "127.0.0.1"): Promise<Socket> {
  const client = connect({ port, host: "127.0.0.1", localAddress });
  clients.push(client);
  client.on("error", () => {});
  await once(client, "connect");
  return client;
}

/** The status line of an answer. */
async function ask(client: Socket, path: string): Promise<string> {
  client.write(`GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`);
  const [bytes] = (await once(client, "data")) as [Buffer];
  return bytes.toString().split("\r\n")[0]!;
}

const ended = (client: Socket) => (client.closed ? Promise.resolve() : once(client.resume(), "close"));

describe("a server whose connections are limited", () => {
  test("ends the oldest that does nothing when one address has too many, and goes on answering", async () => {
    const { port } = await serve({ total: 100, each: 3 });
    const idle = [await open(port), await open(port), await open(port)];
    const late = await open(port);
    await ended(idle[0]!);
    expect(await ask(late, "/")).toBe("HTTP/1.1 200 OK");
    expect(await ask(idle[1]!, "/")).toBe("HTTP/1.1 200 OK");
  });

  test("keeps those on which somebody signed in, and those that wait for an answer", async () => {
    const { port, waiting } = await serve({ total: 100, each: 3 });
    const familiar = await open(port);
    await ask(familiar, "/sign-in");
    const busy = await open(port);
    const answered = ask(busy, "/wait");
    await until(
      "the request to wait",
      async () => waiting.length,
      (length) => length > 0,
      { timeoutMs: 60_000 },
    );
    for (let flood = 0; flood < 20; flood++) await open(port);
    expect(await ask(familiar, "/")).toBe("HTTP/1.1 200 OK");
    waiting[0]!();
    expect(await answered).toBe("HTTP/1.1 200 OK");
  });

  test("ends the new one when all others are signed in", async () => {
    const { port } = await serve({ total: 100, each: 2 });
    for (const client of [await open(port), await open(port)]) await ask(client, "/sign-in");
    await ended(await open(port));
  });

  test("lets one address take nothing from another, up to the total", async () => {
    const { port } = await serve({ total: 5, each: 3 });
    const other = await open(port, "127.0.0.2");
    for (let flood = 0; flood < 20; flood++) await open(port);
    expect(await ask(other, "/")).toBe("HTTP/1.1 200 OK");
  });

  test("knows a connection under TLS again", async () => {
    const { certPem, keyPem } = await (await Authority.create("test")).issue({
      name: "server",
      ips: ["127.0.0.1"],
    });
    server = createTlsServer({ cert: certPem, key: keyPem }, (request, response) => {
      authenticatedConnections.add(request.socket);
      response.end("ok");
    });
    limitConnections(server, { total: 100, each: 2 });
    const [, port] = (await listen(server, { host: "127.0.0.1", port: 0 })).split(":");
    const familiar = connectTls({ port: Number(port), host: "127.0.0.1", rejectUnauthorized: false });
    clients.push(familiar);
    await once(familiar, "secureConnect");
    expect(await ask(familiar, "/")).toBe("HTTP/1.1 200 OK");
    // None of these ever begins a handshake.
    const flood = [];
    for (let i = 0; i < 10; i++) flood.push(await open(Number(port)));
    await ended(flood[0]!);
    expect(await ask(familiar, "/")).toBe("HTTP/1.1 200 OK");
  });
});

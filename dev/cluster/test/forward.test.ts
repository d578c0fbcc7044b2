import { connect, createServer, type Server } from "node:net";
import { afterEach, expect, test } from "@jest/globals";
import { type Forward, forward } from "../src/forward.ts";
import { freePort } from "../src/ports.ts";

const servers: Server[] = [];
let balancer: Forward | undefined;

afterEach(async () => {
  await balancer?.stop();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

/** Answers whatever it has read, behind its own name, once the other side has finished. */
async function echo(name: string): Promise<{ port: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let heard = "";
    socket.setEncoding("utf8").on("data", (text) => {
      heard += text;
    });
    socket.on("end", () => socket.end(`${name}:${heard}`));
    socket.on("error", () => {});
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as { port: number }).port };
}

function ask(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    let response = "";
    socket.setEncoding("utf8").on("data", (chunk) => {
      response += chunk;
    });
    socket.on("error", reject);
    socket.on("end", () => socket.end());
    socket.on("close", () => resolve(response));
    socket.end(text);
  });
}

test("connections go to the targets in turn", async () => {
  balancer = await forward(0, [await echo("a"), await echo("b")]);
  const responses = [];
  for (let i = 0; i < 4; i++) responses.push(await ask(balancer.port, "x"));
  expect(responses).toEqual(["a:x", "b:x", "a:x", "b:x"]);
});

test("a target that refuses is skipped", async () => {
  balancer = await forward(0, [{ port: await freePort() }, await echo("b")]);
  for (let i = 0; i < 3; i++) expect(await ask(balancer.port, "x")).toBe("b:x");
});

test("a megabyte arrives whole", async () => {
  balancer = await forward(0, [await echo("a")]);
  const megabyte = "m".repeat(1_000_000);
  expect(await ask(balancer.port, megabyte)).toBe(`a:${megabyte}`);
});

test("with nobody to answer the connection is closed, and new targets are taken up", async () => {
  balancer = await forward(0, [{ port: await freePort() }]);
  const silent = await ask(balancer.port, "").catch((error: NodeJS.ErrnoException) => error.code);
  expect(["", "ECONNRESET"]).toContain(silent);
  balancer.setTargets([await echo("c")]);
  expect(await ask(balancer.port, "x")).toBe("c:x");
});

import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { until } from "@companyos/test/until";
import { expect, test } from "@jest/globals";
import type { Request, Response } from "express";
import { endOf } from "../src/server/ended.ts";

test("requests of one connection share one listener on it, and all end with it", async () => {
  const ends: AbortSignal[] = [];
  const sockets = new Set<Socket>();
  let before = 0;
  const server = createServer((request, response) => {
    if (ends.length === 0) before = request.socket.listenerCount("close");
    ends.push(endOf(request as Request, response as Response));
    sockets.add(request.socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.write("GET / HTTP/1.1\r\nHost: n\r\n\r\n".repeat(30));
  await until(
    "all requests to be under way",
    () => ends.length,
    (count) => count === 30,
  );
  const [socket] = sockets;
  expect([sockets.size, socket?.listenerCount("close")]).toEqual([1, before + 1]);
  expect(ends.some(({ aborted }) => aborted)).toBe(false);
  client.destroy();
  await until(
    "all of them to end",
    () => ends.filter(({ aborted }) => aborted).length,
    (count) => count === 30,
  );
  server.close();
});

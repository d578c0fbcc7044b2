import { createServer } from "node:http";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { request } from "undici";
import { boundedText } from "../src/bounded-text.ts";

/** `/drip`: a blank every few milliseconds without end; `/flood`: as much as is read; else a text. */
const server = createServer((asked, response) => {
  if (asked.url === "/drip") {
    const timer = setInterval(() => response.write(" "), 5);
    response.once("close", () => clearInterval(timer));
  } else if (asked.url === "/flood") {
    const more = () => {
      while (!response.destroyed && response.write("x".repeat(65_536)));
    };
    response.on("drain", more);
    more();
  } else response.end("€");
});
let url = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const read = async (path: string, limits: Parameters<typeof boundedText>[1]) =>
  boundedText((await request(`${url}${path}`)).body, limits);

test("what a server sends is read whole, and not beyond its size or its time", async () => {
  expect(await read("/", {})).toBe("€");
  await expect(read("/flood", { bytes: 1_000_000 })).rejects.toMatchObject({ code: "RESPONSE_TOO_LARGE" });
  await expect(read("/drip", { withinMs: 50 })).rejects.toMatchObject({ code: "UND_ERR_BODY_TIMEOUT" });
});

import { connect } from "node:net";
import { Authority } from "@companyos/cluster";
import { expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import { close, createTlsServer, listen } from "../src/index.ts";

const times = { keepAliveMs: 5_000, requestMs: 10_000 };

test("somebody who never says hello in TLS does not keep a server from closing", async () => {
  const { certPem, keyPem } = await (await Authority.create("test")).issue({ name: "server" });
  const { server, serve } = createTlsServer({ ...times, registry: new Registry() });
  serve({ cert: certPem, key: keyPem });
  const at = new URL(`tcp://${await listen(server, { host: "127.0.0.1", port: 0 })}`);
  const arrived = new Promise((resolve) => server.once("connection", resolve));
  const silent = connect(Number(at.port), at.hostname);
  await arrived;
  const cut = new Promise((resolve) => silent.once("close", resolve));
  silent.on("error", () => {});
  // TLS would give them ten seconds.
  const givenUp = new Promise((resolve) =>
    server.on("tlsClientError", ({ code }: NodeJS.ErrnoException) => {
      if (code === "ERR_TLS_HANDSHAKE_TIMEOUT") resolve("handshake given up");
    }),
  );
  expect(await Promise.race([close(server, 1).then(() => "closed"), givenUp])).toBe("closed");
  await cut;
});

/** Bodies that are announced but not sent yet: who may announce how much, and who gets a response before it is read. */

import { once } from "node:events";
import type { ClientRequest, IncomingMessage } from "node:http";
import { request } from "node:http";
import { timeoutMs } from "@companyos/outbox/testing/peer";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { RunningNotary } from "../src/options.ts";
import { type Rig, region, rig, serveAlone } from "./rig.ts";

let r: Rig;
let notary: RunningNotary;
beforeAll(async () => {
  r = await rig();
  const username = (token: string) => `system:serviceaccount:companyos-system:companyos-${token}`;
  notary = await serveAlone(
    {
      region,
      storeDir: r.storeDir,
      keysDir: r.keysDir,
    },
    {
      authenticate: async (token) => ({ username: username(token), uid: "", groups: [] }),
      authorize: async () => false,
    },
  );
});
afterAll(async () => {
  await notary.stop();
  await r.remove();
});

const empty = JSON.stringify({ from: 0, cluster: "test", segments: [], records: [] });

/** A shipment whose body is announced and not sent. */
function announce(token: string, length: number): ClientRequest {
  const outgoing = request(`${notary.url}/v1/journals/AAAAAAAAAAAAAAAAAAAAAA/records`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "content-length": length,
    },
  });
  outgoing.on("error", () => {});
  outgoing.flushHeaders();
  return outgoing;
}

async function responseTo(outgoing: ClientRequest): Promise<{ status: number | undefined; code: string }> {
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of incoming) text += chunk;
  outgoing.destroy();
  return { status: incoming.statusCode, code: JSON.parse(text).code };
}

/** The response to a whole, small shipment. */
function small(token: string) {
  const outgoing = announce(token, empty.length);
  outgoing.end(empty);
  return responseTo(outgoing);
}

test("who is no sender is told so before a byte of the body is sent", async () => {
  expect(await responseTo(announce("jane", 4 << 20))).toEqual({ status: 403, code: "unknown_sender" });
});

test("a body that is announced too long is refused before it is sent", async () => {
  expect(await responseTo(announce("webhook", 5 << 20))).toMatchObject({ status: 413 });
});

test("bodies under way are bounded in bytes, each sender to its share; what ends makes room", async () => {
  const all = Array.from({ length: 8 }, () => announce("webhook", 4 << 20));
  const responses: { status: number | undefined; code: string }[] = [];
  for (const outgoing of all)
    responseTo(outgoing).then(
      (response) => responses.push(response),
      () => {},
    );
  await until(
    "half of them are sent away",
    async () => responses.length,
    (count) => count === 4,
    { timeoutMs },
  );
  for (const response of responses) expect(response).toEqual({ status: 429, code: "busy" });
  expect(await small("webhook")).toMatchObject({ status: 429 });
  expect(await small("operator")).toMatchObject({ status: 200 });
  for (const outgoing of all) outgoing.destroy();
  await until(
    "there is room again",
    () => small("webhook"),
    ({ status }) => status === 200,
    { timeoutMs },
  );
});

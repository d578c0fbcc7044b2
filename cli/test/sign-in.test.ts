import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { request } from "undici";
import { serviceAccounts } from "../src/requested-tokens.ts";
import { signInWith } from "../src/sign-in.ts";

let server: Server;
let url: string;
/** What was asked, in turn: who, and what. */
let asked: string[];

/** `/NAME` is told to who is named so; what is refused says to whom. */
beforeEach(async () => {
  asked = [];
  server = createServer(({ headers, url: path }, response) => {
    const who = headers.authorization?.replace("Bearer ", "") ?? "";
    asked.push(`${who} ${path}`);
    response.statusCode = path?.includes(who) ? 200 : 403;
    response.end(who);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => server.close().closeAllConnections());

function asking(own: string | undefined, ...others: string[][]) {
  const signIn = signInWith(
    async () => own,
    others.map((tokens) => async () => tokens),
    async () => "there is no token",
  );
  return async (path: string) => {
    const { statusCode, body } = await signIn((token) =>
      request(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } }),
    );
    return `${statusCode} ${await body.text()}`;
  };
}

test("the token that a notary took comes first from then on", async () => {
  const ask = asking("me", ["auditor"], ["ci"]);
  for (let i = 0; i < 3; i++) expect(await ask("/auditor")).toBe("200 auditor");
  expect(asked).toEqual(["me /auditor", "auditor /auditor", "auditor /auditor", "auditor /auditor"]);
  expect(await ask("/ci")).toBe("200 ci");
  expect(asked.slice(4)).toEqual(["auditor /ci", "me /ci", "ci /ci"]);
});

test("when all are refused, it is told what was said to the person, not to an account", async () => {
  const ask = asking("me", ["auditor"], ["ci", "cd"]);
  expect(await ask("/other")).toBe("403 me");
  expect(await ask("/cd")).toBe("200 cd");
  expect(await ask("/other")).toBe("403 me");
  expect(await asking(undefined, ["auditor"], ["ci"])("/other")).toBe("403 auditor");
});

test("without any token it is said why", async () => {
  await expect(asking(undefined, [], [])("/acme")).rejects.toThrow("there is no token");
});

test("an account that owns many Tenants is asked for one token", () => {
  const account = (namespace: string, name: string) =>
    ({ kind: "ServiceAccount", namespace, name, tier: "view" }) as never;
  const tenants = [
    { spec: { owners: [account("ci", "a"), { kind: "User", name: "eve" } as never] } },
    { spec: { owners: [account("ci", "a"), account("cd", "a")] } },
    {},
  ];
  expect(serviceAccounts(tenants)).toEqual([
    { namespace: "ci", name: "a" },
    { namespace: "cd", name: "a" },
  ]);
});

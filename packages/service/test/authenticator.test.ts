import type { IncomingMessage } from "node:http";
import { beforeEach, expect, test } from "@jest/globals";
import {
  callerBy,
  createAuthenticator,
  OverBudget,
  type ResourceAttributes,
  refusalOf,
  type User,
} from "../src/index.ts";

const jane: User = { username: "jane", uid: "1", groups: ["dev"], extra: { scopes: ["read"] } };
const get: ResourceAttributes = { verb: "get", group: "residency.companyos.io", resource: "regions" };

let ms: number;
let tokens: string[];
let reviews: number;
let gate: Promise<void>;
beforeEach(() => {
  [ms, tokens, reviews, gate] = [0, ["good"], 0, Promise.resolve()];
});
const authenticator = () =>
  createAuthenticator({
    now: () => ms,
    reviewer: {
      async reviewToken(token) {
        reviews++;
        await gate;
        return tokens.includes(token) ? jane : undefined;
      },
      async reviewAccess(_user, { verb }) {
        reviews++;
        await gate;
        return verb === "get";
      },
    },
  });

test("a token that is good is believed for ten seconds, one that is not for two", async () => {
  const { authenticate } = authenticator();
  expect(await authenticate("good")).toEqual(jane);
  expect(await authenticate("bad")).toBeUndefined();
  tokens = ["bad"];
  ms = 1_999;
  expect(await authenticate("bad")).toBeUndefined();
  ms = 2_000;
  expect(await authenticate("bad")).toEqual(jane);
  ms = 9_999;
  expect(await authenticate("good")).toEqual(jane);
  ms = 10_000;
  expect(await authenticate("good")).toBeUndefined();
});

test("a right is believed as long, and each action and user is asked about by itself", async () => {
  const { authorize } = authenticator();
  expect(await authorize(jane, get)).toBe(true);
  expect(await authorize(jane, { ...get, verb: "delete" })).toBe(false);
  expect(await authorize({ ...jane, extra: {} }, get)).toBe(true);
  expect(reviews).toBe(3);
  ms = 9_999;
  expect(await authorize(jane, get)).toBe(true);
  expect(reviews).toBe(3);
  ms = 10_000;
  expect(await authorize(jane, get)).toBe(true);
  expect(reviews).toBe(4);
});

test("many requests with one token at the same time are one review", async () => {
  const { authenticate } = authenticator();
  const open = Promise.withResolvers<void>();
  gate = open.promise;
  const all = Array.from({ length: 20 }, () => authenticate("good"));
  open.resolve();
  expect(new Set(await Promise.all(all))).toEqual(new Set([jane]));
  expect(reviews).toBe(1);
});

test("many requests of one user for one right at the same time are one question", async () => {
  const { authorize } = authenticator();
  const open = Promise.withResolvers<void>();
  gate = open.promise;
  const all = Array.from({ length: 20 }, () => authorize(jane, get));
  open.resolve();
  expect(new Set(await Promise.all(all))).toEqual(new Set([true]));
  expect(reviews).toBe(1);
});

test("an address that tries tokens is stopped; a token that was good, and another address, are not", async () => {
  const { authenticate } = authenticator();
  const [stranger, other] = ["10.0.0.7", "10.0.0.8"].map((address) => ({ address, authenticated: false }));
  await authenticate("good", stranger);
  for (let i = 0; i < 20; i++) await authenticate(`guess-${i}`, stranger);
  await expect(authenticate("one more", stranger)).rejects.toThrow(OverBudget);
  ms = 10_000 - 1;
  expect(await authenticate("good", stranger)).toEqual(jane);
  expect(await authenticate("one more", other)).toBeUndefined();
  expect(await authenticate("two more", { ...stranger!, authenticated: true })).toBeUndefined();
});

test("good tokens that nobody knows yet wait for each other: from one address, and from many", async () => {
  tokens = Array.from({ length: 64 }, (_, i) => `good-${i}`);
  const open = Promise.withResolvers<void>();
  gate = open.promise;
  const { authenticate, authorize } = authenticator();
  const from = (address: string) => ({ address, authenticated: false });
  const all = [
    ...tokens.slice(0, 30).map((token) => authenticate(token, from("10.0.0.7"))),
    ...tokens.slice(30).map((token, i) => authenticate(token, from(`10.0.1.${i}`))),
    ...tokens.map((username) => authorize({ ...jane, username }, get)),
  ];
  open.resolve();
  expect(new Set(await Promise.all(all))).toEqual(new Set([jane, true]));
  expect(reviews).toBe(128);
});

test("while the API server is away nobody is told that it was their fault, and it is asked no more for that", async () => {
  const { authenticate } = createAuthenticator({
    now: () => ms,
    reviewer: {
      async reviewToken() {
        reviews++;
        throw Object.assign(new Error("away"), { code: "KUBE_UNREACHABLE" });
      },
      reviewAccess: async () => false,
    },
  });
  const peer = { address: "10.0.0.7", authenticated: false };
  const all = await Promise.allSettled(Array.from({ length: 36 }, (_, i) => authenticate(`good-${i}`, peer)));
  const refusals = all.map((one) => refusalOf((one as PromiseRejectedResult).reason));
  expect(new Set(refusals.map(({ status }) => status))).toEqual(new Set([503]));
  // What was not asked is no line in anybody's log.
  expect(refusals.filter((refusal) => "error" in refusal).length).toBe(20);
  expect(reviews).toBe(20);
});

test("a request with two Authorization headers is nobody's", async () => {
  const socket = { remoteAddress: "10.0.0.7" };
  const authorization = "Bearer good";
  const request = { headers: { authorization }, headersDistinct: { authorization: [authorization] }, socket };
  const asked = (more: object) =>
    callerBy(authenticator(), { ...request, ...more } as unknown as IncomingMessage);
  expect(await asked({})).toEqual({ user: jane });
  expect(await asked({ headersDistinct: { authorization: [authorization, "Bearer other"] } })).toMatchObject({
    status: 401,
    code: "unauthenticated",
  });
});

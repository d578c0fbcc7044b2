import type { IncomingMessage } from "node:http";
import { expect, test } from "@jest/globals";
import { toOriginForm } from "../src/index.ts";

test.each([
  ["/v1/receipts?tenant=a", "/v1/receipts?tenant=a"],
  ["http://notary:8443/v1/identity", "/v1/identity"],
  ["https://notary", "/"],
  ["https://notary?x=1", "/?x=1"],
  ["/v1/identity#part", "/v1/identity%23part"],
  ["/a\u00a0b", "/a%C2%A0b"],
  ["*", "/*"],
  ["javascript:x", "/javascript:x"],
  ["//other/v1", "//other/v1"],
])("the target %j is the path %j", (target, path) => {
  const request = { url: target } as IncomingMessage;
  toOriginForm(request);
  expect(request.url).toBe(path);
});

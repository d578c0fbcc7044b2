import { expect, test } from "@jest/globals";
import { implausible } from "../src/plausible.ts";
import { parseReview } from "../src/review.ts";
import { pod, review } from "./requests.ts";

const known = (namespace: string) => namespace === "acme";
const said = (options: Parameters<typeof review>[0]) =>
  implausible(parseReview(review(options), "unverified"), known);

test("what the API server sends for everything that the webhook is registered for is plausible", () => {
  expect(said({})).toBeUndefined();
  expect(said({ operation: "UPDATE", oldObject: pod() })).toBeUndefined();
  const binding = { metadata: { name: "web", namespace: "acme" }, target: { kind: "Node", name: "eu-1" } };
  expect(said({ subResource: "binding", kind: "Binding", object: binding })).toBeUndefined();
  expect(said({ resource: "bindings", kind: "Binding", object: binding })).toBeUndefined();
  expect(said({ group: "apps", resource: "deployments", kind: "Deployment" })).toBeUndefined();
  expect(said({ object: pod({}, { generateName: "web-" }) })).toBeUndefined();
});

test("a namespace that is not there is not, nor a kind of another group", () => {
  expect(said({ namespace: "nowhere" })).toBe("there is no such namespace");
  expect(said({ group: "example.com", resource: "deployments", kind: "Deployment" })).toContain(
    "no such resource",
  );
  expect(said({ group: "apps", resource: "deployments", kind: "Pod" })).toContain("does not belong");
});

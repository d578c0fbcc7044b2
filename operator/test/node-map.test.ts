import { expect, test } from "@jest/globals";
import { NodeMap } from "../src/node-map.ts";

const nodes = (...names: string[]) => new Map(names.map((name) => [name, "eu-west-1"]));

test("a node waits until API servers have taken up a map that has it", () => {
  const map = new NodeMap();
  expect(map.announce("a", "eu-west-1", 1_000)).toBeGreaterThan(0);
  expect([...map.announced()]).toEqual([["a", "eu-west-1"]]);
  map.written(nodes("a"), 1_100);
  const wait = map.announce("a", "eu-west-1", 1_200);
  expect(wait).toBeGreaterThan(1_000);
  expect(map.announce("a", "eu-west-1", 1_200 + wait)).toBe(0);
});

test("other nodes that join meanwhile hold it up no longer", () => {
  const map = new NodeMap();
  map.announce("a", "eu-west-1", 0);
  map.written(nodes("a"), 0);
  const wait = map.announce("a", "eu-west-1", 0);
  map.written(nodes("a", "b"), wait - 1);
  expect(map.announce("a", "eu-west-1", wait)).toBe(0);
  expect(map.announce("b", "eu-west-1", wait)).toBeGreaterThan(0);
});

test("a map that was found as it should be is in force", () => {
  const map = new NodeMap();
  map.written(nodes("a"), undefined);
  expect(map.announce("a", "eu-west-1", 5_000)).toBe(0);
  // A node that was away from the map is new to it.
  map.written(nodes(), 5_000);
  map.written(nodes("a"), 5_000);
  expect(map.announce("a", "eu-west-1", 5_000)).toBeGreaterThan(0);
});

test("a node that comes to count as another region waits anew", () => {
  const map = new NodeMap();
  map.announce("a", "eu-west-1", 0);
  map.written(nodes("a"), 0);
  expect(map.announce("a", "us-east-1", 60_000)).toBeGreaterThan(0);
});

test("no node waits for ever for a map that cannot be written", () => {
  const map = new NodeMap();
  let now = 0;
  for (let wait = map.announce("a", "eu-west-1", now); wait > 0; wait = map.announce("a", "eu-west-1", now)) {
    now += wait;
    expect(now).toBeLessThanOrEqual(10_000);
  }
  expect(now).toBe(10_000);
});

test("listeners hear of what is announced and withdrawn, once each", () => {
  const map = new NodeMap();
  let heard = 0;
  const ignore = map.onAnnounced(() => (heard += 1));
  map.announce("a", "eu-west-1", 0);
  map.announce("a", "eu-west-1", 1);
  map.withdraw("a");
  map.withdraw("a");
  expect(heard).toBe(2);
  expect(map.isAnnounced("a")).toBe(false);
  ignore();
  map.announce("a", "eu-west-1", 2);
  expect(heard).toBe(2);
});

test("tells whether a node of some regions is on its way", () => {
  const map = new NodeMap();
  map.announce("a", "eu-west-1", 0);
  map.announce("a", "eu-west-1", 1);
  map.announce("b", "us-east-1", 1);
  expect(map.isAwaited(["eu-central-1", "eu-west-1"])).toBe(true);
  map.announce("b", "eu-west-1", 2);
  expect(map.isAwaited(["us-east-1"])).toBe(false);
  map.withdraw("a");
  expect(map.isAwaited(["eu-west-1"])).toBe(true);
  map.withdraw("b");
  map.withdraw("b");
  expect(map.isAwaited(["eu-west-1"])).toBe(false);
});

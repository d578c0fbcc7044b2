import { expect, test } from "@jest/globals";
import { constraintsIn } from "../src/constraints.ts";
import { findPlaces } from "../src/find-places.ts";

const region = (name: string, jurisdiction: string, zones: readonly string[] = [], nodes?: object) => ({
  apiVersion: "residency.companyos.io/v1",
  kind: "Region",
  metadata: { name },
  spec: { jurisdiction, zones: [...zones], ...(nodes ? { nodes } : {}) },
});
const node = (name: string, standing?: string, labels: Record<string, string> = {}) => ({
  metadata: {
    name,
    labels: {
      ...(standing ? { "node-restriction.kubernetes.io/residency-region": standing } : {}),
      ...labels,
    },
  },
});
const acme = { name: "acme", homeRegion: "eu-west-1", allowed: ["eu-central-1", "eu-west-1"] };
const regions = [
  region("ap-south-1", "IN"),
  region("eu-central-1", "EU", ["shared", "eu-central-1a"]),
  region("eu-west-1", "EU", ["shared", "eu-west-1a"]),
  region("us-east-1", "US", ["us-east-1a"]),
];

test("home is the home region, abroad one with zones; only nodes that somebody vouches for count", () => {
  const nodes = [
    node("in-0", "ap-south-1"),
    node("de-0", "eu-central-1"),
    node("eu-1", "eu-west-1", { "kubernetes.io/hostname": "host-1" }),
    node("eu-0", "eu-west-1"),
    node("liar", undefined, { "topology.kubernetes.io/region": "eu-west-1" }),
    node("us-0", "us-east-1"),
  ];
  expect(findPlaces(acme, regions, nodes)).toEqual({
    home: { region: "eu-west-1", zone: "eu-west-1a", nodes: ["eu-0", "eu-1"], hosts: ["eu-0", "host-1"] },
    abroad: { region: "us-east-1", zone: "us-east-1a", nodes: ["us-0"], hosts: ["us-0"] },
    allowed: acme.allowed,
  });
});

test("another allowed region is home where the home region has no nodes, and a region without zones may be abroad", () => {
  const places = findPlaces(acme, regions, [node("de-0", "eu-central-1"), node("in-0", "ap-south-1")]);
  expect(places.home.region).toBe("eu-central-1");
  expect(places.abroad).toMatchObject({ region: "ap-south-1", zone: undefined });
});

test("a region that was the tenant's once is abroad only where there is no other, and then it is said", () => {
  const nodes = [node("eu-0", "eu-west-1"), node("in-0", "ap-south-1"), node("us-0", "us-east-1")];
  const moved = { ...acme, former: ["us-east-1"] };
  expect(findPlaces(moved, regions, nodes).abroad.region).toBe("ap-south-1");
  const places = findPlaces(moved, regions, [nodes[0]!, nodes[2]!]);
  expect(places).toMatchObject({ abroad: { region: "us-east-1" }, abroadWasAllowed: true });
  expect(constraintsIn(places).some(({ podRefusedBy }) => podRefusedBy)).toBe(false);
});

test("without nodes at home or abroad it says what is missing", () => {
  const [eu, us] = [node("eu-0", "eu-west-1"), node("us-0", "us-east-1")];
  expect(() => findPlaces(acme, regions, [us])).toThrow(
    expect.objectContaining({
      code: "NO_NODE_AT_HOME",
      message: expect.stringContaining("eu-central-1, eu-west-1"),
    }),
  );
  expect(() => findPlaces(acme, regions, [eu])).toThrow(expect.objectContaining({ code: "NO_NODE_ABROAD" }));
  expect(() => findPlaces({ ...acme, allowed: [] }, regions, [eu, us])).toThrow(
    expect.objectContaining({ code: "NO_NODE_AT_HOME" }),
  );
});

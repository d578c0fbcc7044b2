import type { Region } from "@companyos/crds";
import { describe, expect, test } from "@jest/globals";
import { inventoryFromFiles, vouchedRegion } from "../src/index.ts";
import { node, region, regionLabel, vouchedLabel } from "./objects.ts";

const eu = region("eu-west-1", "EU") as Region;
const us = region("us-east-1", "US") as Region;
const named = (name: string, ...names: string[]) =>
  region(name, "EU", { nodes: { vouchedBy: "Names", names } }) as Region;
const vouched = (labels: Record<string, string>, ...regions: Region[]) =>
  vouchedRegion({ name: "n", labels }, regions);

describe("in a cluster", () => {
  test("what a kubelet can write proves nothing", () => {
    expect(vouched(regionLabel("eu-west-1"), eu, us)).toBeUndefined();
  });

  test("the restricted label counts, whatever the node says of itself", () => {
    expect(vouched({ ...vouchedLabel("us-east-1"), ...regionLabel("eu-west-1") }, eu, us)).toBe("us-east-1");
  });

  test("a label that names no Region counts for none", () => {
    expect(vouched(vouchedLabel("mars"), eu, us)).toBeUndefined();
  });

  test("a list of names counts before any label, and alone in its Region", () => {
    expect(vouched(vouchedLabel("us-east-1"), named("eu-west-1", "n"), us)).toBe("eu-west-1");
    expect(vouched(vouchedLabel("eu-west-1"), named("eu-west-1", "other"), us)).toBeUndefined();
    expect(vouched({}, named("eu-west-1", "n"), named("eu-west-2", "n"))).toBeUndefined();
  });
});

describe("in files", () => {
  const regionOf = (labels: Record<string, string>) =>
    inventoryFromFiles([eu, us, node("n", labels)])
      .nodes()
      .get("n")?.region;

  test("a claim is believed where nothing was written down, and never against what was", () => {
    expect(regionOf(regionLabel("eu-west-1"))).toBe("eu-west-1");
    expect(regionOf({ ...vouchedLabel("us-east-1"), ...regionLabel("eu-west-1") })).toBe("us-east-1");
    expect(regionOf({ ...vouchedLabel("mars"), ...regionLabel("eu-west-1") })).toBeUndefined();
  });
});

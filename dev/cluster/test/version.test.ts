import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { toolbox } from "../src/toolbox.ts";
import { kubernetesVersion, parseVersion } from "../src/version.ts";

describe("versions", () => {
  test("every plain release reads back as its three numbers", () => {
    fc.assert(
      fc.property(
        fc.nat(999),
        fc.nat(999),
        fc.nat(999),
        fc.constantFrom("", "v", "go"),
        (major, minor, patch, v) => {
          expect(parseVersion(`${v}${major}.${minor}.${patch}`)).toEqual({ major, minor, patch, suffix: "" });
        },
      ),
    );
  });

  test.each([
    ["v1.32.4-dispatcher", "dispatcher"],
    ["v1.38.0-rc.1", "rc.1"],
    ["go1.27rc1", "rc1"],
    ["v4.3.1+g1234567", ""],
  ])("the suffix of %s is %j", (text, suffix) => {
    expect(parseVersion(text)?.suffix).toBe(suffix);
  });

  test("anything else is no version", () => {
    for (const text of [undefined, "", "devel go1.27-abc", "1", "v1.x", "1.2.3.4 "]) {
      expect(parseVersion(text)).toBeUndefined();
    }
  });

  test("kubectl's answer is read, and nonsense is not", () => {
    expect(kubernetesVersion('{"clientVersion":{"gitVersion":"v1.37.2"}}')).toBe("v1.37.2");
    expect(kubernetesVersion('{"clientVersion":null}')).toBeUndefined();
    expect(kubernetesVersion("Client Version: v1.37.2")).toBeUndefined();
  });
});

describe("a binary that is there already", () => {
  const kubectl = (version: string) => JSON.stringify({ clientVersion: { gitVersion: version } });

  test.each([
    ["v1.35.0", true],
    ["v1.37.2", true],
    ["v1.34.9", false],
    ["v1.37.2-eks-1", false],
    ["v2.0.0", false],
  ])("kubectl %s fits: %s", (version, fits) => {
    expect(toolbox.kubectl.onPath?.fits(kubectl(version))).toBe(fits);
  });

  test.each([
    ["v4.3.1", true],
    ["v4.0.0-rc.1", false],
    ["v3.19.0", false],
    ["", false],
  ])("helm %s fits: %s", (version, fits) => {
    expect(toolbox.helm.onPath?.fits(version)).toBe(fits);
  });

  test("an API server fits only if it is of the same minor release as the controller manager", () => {
    const { fits } = toolbox["kube-apiserver"].inAssets!;
    expect(fits("Kubernetes v1.37.0\n")).toBe(true);
    expect(fits("Kubernetes v1.36.4\n")).toBe(false);
    expect(fits("Kubernetes v1.37.0-beta.0\n")).toBe(false);
  });
});

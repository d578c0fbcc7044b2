import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { findGo } from "../src/go.ts";
import { findInstalled } from "../src/tools.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "companyos-path-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A program that answers every call with the same text. */
async function program(name: string, answer: string, code = 0): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\ncat <<'ANSWER'\n${answer}\nANSWER\nexit ${code}\n`, { mode: 0o755 });
  return file;
}

const kubectl = (gitVersion: string) => JSON.stringify({ clientVersion: { gitVersion } });

describe("a tool on this machine", () => {
  const env = () => ({ PATH: `/no/such/folder:${folder}:/usr/bin:/bin` });

  test("is taken from the PATH when its version fits", async () => {
    const file = await program("helm", "v4.1.0");
    expect(await findInstalled("helm", env())).toBe(file);
  });

  test.each([
    ["is too old", "v1.34.1", 0],
    ["has a suffix", "v1.37.2-dispatcher", 0],
    ["fails", "v1.37.2", 1],
  ])("is passed over when it %s", async (_why, version, code) => {
    await program("kubectl", kubectl(version), code);
    expect(await findInstalled("kubectl", { PATH: folder })).not.toBe(join(folder, "kubectl"));
  });

  test("is not taken from the PATH if only this very build will do", async () => {
    await program("kube-apiserver", "Kubernetes v1.37.2");
    expect(await findInstalled("kube-apiserver", env())).toBeUndefined();
  });

  test("is taken from KUBEBUILDER_ASSETS, each binary by its own version", async () => {
    const apiserver = await program("kube-apiserver", "Kubernetes v1.37.1");
    await program("etcd", "etcd Version: 3.5.21\nGit SHA: abc");
    const assets = { PATH: "/usr/bin:/bin", KUBEBUILDER_ASSETS: folder };
    expect(await findInstalled("kube-apiserver", assets)).toBe(apiserver);
    expect(await findInstalled("etcd", assets)).toBeUndefined();
    expect(await findInstalled("kwok", assets)).toBeUndefined();
  });
});

describe("Go", () => {
  const env = () => ({ PATH: `${folder}:/usr/bin:/bin`, HOME: folder });
  const answer = (GOVERSION: string) =>
    JSON.stringify({ GOVERSION, GOOS: "linux", GOARCH: "amd64", GOCACHE: "/b", GOMODCACHE: "/m" });

  test("is used when it is 1.26 or newer", async () => {
    await program("go", answer("go1.26.8"));
    expect(await findGo("/c", env())).toMatchObject({
      version: "go1.26.8",
      platform: "linux/amd64",
      buildCache: "/b",
      moduleCache: "/m",
    });
  });

  test.each(["go1.25.9", "devel +abc", ""])("%j is refused, with what is needed instead", async (version) => {
    await program("go", answer(version));
    await expect(findGo("/c", env())).rejects.toMatchObject({
      code: "GO_TOO_OLD",
      message: expect.stringContaining("1.26"),
    });
  });

  test("that is not there is asked for", async () => {
    await expect(findGo("/c", { PATH: folder, HOME: folder })).rejects.toMatchObject({
      code: "GO_MISSING",
      message: expect.stringContaining("go.dev/doc/install"),
    });
  });
});

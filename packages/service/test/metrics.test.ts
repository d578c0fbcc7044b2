import { expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import { tellBuild } from "../src/build-info.ts";
import { counter } from "../src/metrics.ts";

test("a series whose labels are known beforehand is there at 0 before anything happened", async () => {
  const registry = new Registry();
  counter(registry, "residency_unrecorded_allow_total", { mode: ["Warn", "Audit"], reason: ["full"] });
  expect(await registry.metrics()).toContain('residency_unrecorded_allow_total{mode="Warn",reason="full"} 0');
  expect(await registry.metrics()).toContain(
    'residency_unrecorded_allow_total{mode="Audit",reason="full"} 0',
  );
});

test("asking again with what is known beforehand leaves what was counted", async () => {
  const registry = new Registry();
  const starts = { where: ["route"] };
  counter(registry, "residency_faults_total", starts).inc({ where: "route" });
  counter(registry, "residency_faults_total", starts);
  expect(await registry.metrics()).toContain('residency_faults_total{where="route"} 1');
});

test("/metrics shows what docs say of a metric, without the Markdown", async () => {
  const registry = new Registry();
  counter(registry, "residency_controller_retries_total");
  const help = (await registry.metrics()).split("\n").find((line) => line.startsWith("# HELP"));
  expect(help).toContain("before the tenant's regions or mode changed: among nobody's blocks");
  expect(help).not.toMatch(/[`\]]/);
});

test("a process says which build of what it is", async () => {
  const registry = new Registry();
  tellBuild(registry, "notary");
  expect(await registry.metrics()).toMatch(
    /residency_build_info\{name="companyos",version="\d+\.\d+\.\d+",commit="unknown",component="notary"\} 1/,
  );
});

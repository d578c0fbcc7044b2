/** Series of what was refused: they end, and go with their Tenant. */
import { placedKinds } from "@companyos/policies";
import { expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import { admissionMetrics } from "../src/metrics.ts";

const kinds = placedKinds.map(({ kind }) => kind);

function series(text: string, name: string): { labels: string; value: number }[] {
  const lines = text.matchAll(new RegExp(`^${name}\\{(.*)\\} (\\d+)$`, "gm"));
  return Array.from(lines, ([, labels, value]) => ({ labels: labels!, value: Number(value) }));
}

test("a thousand tenants, refused every kind in every region, are some ten thousand series, and are all counted", async () => {
  const registry = new Registry();
  const { blocked, retried } = admissionMetrics(registry, { tenant: () => ({}) as never }, () => 0);
  for (let i = 0; i < 1_000; i++) {
    const tenant = `tenant-${i}`;
    for (const kind of kinds)
      for (const to of ["eu-1", "eu-2", "us-1", "several"]) blocked.inc({ tenant, from: "home", to, kind });
  }
  for (let i = 0; i < 20_000; i++) retried.inc({ tenant: `tenant-${i}` });
  const text = await registry.metrics();
  const refused = series(text, "residency_cross_region_block_total");
  expect(refused.length).toBeLessThanOrEqual(10_001);
  expect(refused.reduce((sum, { value }) => sum + value, 0)).toBe(1_000 * kinds.length * 4);
  for (let i = 0; i < 1_000; i++)
    expect(text).toContain(`residency_cross_region_block_total{tenant="tenant-${i}",`);
  const retries = series(text, "residency_controller_retries_total");
  expect(retries.length).toBeLessThanOrEqual(10_001);
  expect(retries.reduce((sum, { value }) => sum + value, 0)).toBe(20_000);
});

test("series of a Tenant that is gone go; those of nobody's stay", async () => {
  const registry = new Registry();
  let now = 0;
  const there = new Set(["acme", "globex"]);
  const { blocked, retried } = admissionMetrics(
    registry,
    { tenant: (name) => (there.has(name) ? ({} as never) : undefined) },
    () => 0,
    { elapsed: () => now },
  );
  for (const tenant of ["acme", "globex", "unknown"]) {
    blocked.inc({ tenant, from: "eu-1", to: "us-1", kind: "Pod" });
    retried.inc({ tenant });
  }
  there.delete("acme");
  expect(await registry.metrics()).toContain('tenant="acme"');
  now += 600_000;
  const text = await registry.metrics();
  expect(text).not.toContain('tenant="acme"');
  expect(series(text, "residency_cross_region_block_total").map(({ labels }) => labels)).toEqual([
    'tenant="globex",from="eu-1",to="us-1",kind="Pod"',
    'tenant="unknown",from="eu-1",to="us-1",kind="Pod"',
  ]);
});

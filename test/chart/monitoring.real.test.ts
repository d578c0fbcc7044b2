import { readFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import { type Manifest, renderChart } from "../rbac/rendered.ts";

const component = "app.kubernetes.io/component";
const kindsOf = (manifests: readonly Manifest[], kind: string) =>
  manifests.filter((its) => its.kind === kind);

/** Whether a monitor of ours selects something that bears these labels. */
function selects({ matchLabels, matchExpressions }: Manifest, labels: Record<string, string>): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, values }: Manifest) => values.includes(labels[key]))
  );
}

const monitor = {
  enabled: true,
  labels: { release: "stack" },
  annotations: { note: "x" },
  interval: "15s",
  scrapeTimeout: "1m30s",
  relabelings: [{ action: "labeldrop", regex: "pod" }],
  metricRelabelings: [{ action: "drop", sourceLabels: ["__name__"], regex: "nodejs_.*" }],
};

test.each([
  ["PodMonitor", "podMonitor", "podMetricsEndpoints"],
  ["ServiceMonitor", "serviceMonitor", "endpoints"],
])(
  "a %s selects each component at a port that is there, and nothing else",
  async (kind, value, endpoints) => {
    const manifests = await renderChart({ monitoring: { [value]: monitor } });
    const [made, ...more] = kindsOf(manifests, kind);
    expect(more).toEqual([]);
    const { metadata, spec } = made!;
    expect(metadata.labels).toMatchObject(monitor.labels);
    expect(metadata.annotations).toEqual(monitor.annotations);
    const { port, relabelings, ...settings } = spec[endpoints][0];
    expect(settings).toEqual({
      path: "/metrics",
      interval: "15s",
      scrapeTimeout: "1m30s",
      metricRelabelings: monitor.metricRelabelings,
    });
    expect(relabelings).toHaveLength(2);
    expect(relabelings[1]).toEqual(monitor.relabelings[0]);

    const targets =
      kind === "PodMonitor"
        ? [...kindsOf(manifests, "StatefulSet"), ...kindsOf(manifests, "Job")].map(({ spec }) => ({
            labels: spec.template.metadata.labels,
            ports: spec.template.spec.containers.flatMap(({ ports }: Manifest) => ports ?? []),
          }))
        : kindsOf(manifests, "Service").map(({ metadata, spec }) => ({
            labels: metadata.labels,
            ports: spec.ports,
          }));
    const selected = targets.filter(({ labels }) => selects(spec.selector, labels));
    expect(selected.map(({ labels }) => labels[component]).toSorted()).toEqual([
      "notary",
      "notary",
      "operator",
      "webhook",
    ]);
    for (const { ports } of selected) expect(ports.map(({ name }: Manifest) => name)).toContain(port);
  },
);

test("both monitors at once, which would count everything twice, are refused", async () => {
  const both = { podMonitor: { enabled: true }, serviceMonitor: { enabled: true } };
  await expect(renderChart({ monitoring: both })).rejects.toThrow("Enable one of them");
  const often = { podMonitor: { enabled: true, interval: "often" } };
  await expect(renderChart({ monitoring: often })).rejects.toThrow("'/monitoring/podMonitor/interval'");
});

test("the dashboard reaches Grafana's sidecar as it is imported by hand", async () => {
  const dashboard = { enabled: true, annotations: { grafana_folder: "Residency" }, namespace: "grafana" };
  const manifests = await renderChart({ monitoring: { dashboard } });
  const { metadata, data } = kindsOf(manifests, "ConfigMap").find(
    ({ metadata: { name } }) => name === "companyos-dashboards",
  )!;
  expect(metadata.namespace).toBe("grafana");
  expect(metadata.labels.grafana_dashboard).toBe("1");
  expect(metadata.annotations).toEqual(dashboard.annotations);
  const name = "q1-scale-residency.json";
  const file = new URL(`../../charts/companyos/files/dashboards/${name}`, import.meta.url);
  expect(JSON.parse(data[name])).toEqual(JSON.parse(await readFile(file, "utf8")));
});

test("each rule's runbook_url is its page below where the pages are said to be", async () => {
  const base = "https://git.example.com/us/residency/blob/v1/docs";
  const urlsOf = async (values: object, rules: object = {}) => {
    const manifests = await renderChart({ ...values, monitoring: { rules: { enabled: true, ...rules } } });
    const [made] = kindsOf(manifests, "PrometheusRule");
    const all = made!.spec.groups.flatMap(({ rules }: Manifest) => rules);
    return all.map(({ alert, annotations }: Manifest) => [alert, annotations.runbook_url]);
  };
  const named = await urlsOf({}, { runbookBaseUrl: `${base}/` });
  expect(named.length).toBeGreaterThan(20);
  expect(named).toEqual(named.map(([alert]: string[]) => [alert, `${base}/runbooks/${alert}.md`]));
  expect(await urlsOf({ docs: { baseURL: base } })).toEqual(named);
  expect(await urlsOf({})).toEqual(named.map(([alert]: string[]) => [alert, undefined]));
});

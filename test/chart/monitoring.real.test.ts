import { readFile } from "node:fs/promises";
import { prometheusOperatorCrds, sharedCluster } from "@companyos/cluster";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Manifest, renderChart } from "../rbac/rendered.ts";
import { type Api, openApi } from "../src/api.ts";
import { until } from "../src/until.ts";

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

describe("the definitions that the Prometheus Operator installs", () => {
  const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  const plurals = ["podmonitors", "servicemonitors", "prometheusrules"];
  let api: Api;

  beforeAll(async () => {
    api = await openApi((await sharedCluster()).kubeconfig);
    for (const crd of (await prometheusOperatorCrds(plurals)) as Manifest[]) {
      // The cluster is shared: whoever was cut off may have left them there.
      const { status, body } = await api.request(
        "PATCH",
        `${definitions}/${crd.metadata.name}?fieldManager=test&force=true`,
        crd,
        "application/apply-patch+yaml",
      );
      expect([body.message, [200, 201]]).toEqual([undefined, expect.arrayContaining([status])]);
    }
    for (const plural of plurals)
      await until(
        `${plural} served`,
        () => api.request("GET", `/apis/monitoring.coreos.com/v1/${plural}`),
        ({ status }) => status === 200,
      );
  }, 120_000);
  afterAll(async () => {
    for (const plural of plurals)
      await api?.request("DELETE", `${definitions}/${plural}.monitoring.coreos.com`);
    await api?.close();
  });

  /** Asks for it by a dry run; what the schema does not know is refused. */
  const create = (plural: string, manifest: Manifest) => {
    const path = `/apis/monitoring.coreos.com/v1/namespaces/default/${plural}?dryRun=All&fieldValidation=Strict`;
    return api.request("POST", path, {
      ...manifest,
      metadata: { ...manifest.metadata, namespace: "default" },
    });
  };
  const all = {
    rules: { enabled: true, labels: { release: "stack" }, runbookBaseUrl: "https://example.com/docs" },
  };

  test.each([
    ["PodMonitor with every setting", "podmonitors", { podMonitor: monitor }],
    ["PodMonitor", "podmonitors", { podMonitor: { enabled: true } }],
    ["ServiceMonitor with every setting", "servicemonitors", { serviceMonitor: monitor }],
    ["ServiceMonitor", "servicemonitors", { serviceMonitor: { enabled: true } }],
    ["PrometheusRule with every setting", "prometheusrules", all],
    ["PrometheusRule", "prometheusrules", { rules: { enabled: true } }],
  ])("take a %s as it is rendered, field by field", async (what, plural, monitoring) => {
    const [manifest] = kindsOf(await renderChart({ monitoring }), what.split(" ")[0] as string);
    const { status, body } = await create(plural, manifest!);
    expect([status, body.message]).toEqual([201, undefined]);
    const mistyped = { ...manifest, spec: { ...manifest!.spec, mistyped: true } };
    const refused = await create(plural, mistyped);
    expect([refused.status, refused.body.message]).toEqual([
      400,
      expect.stringContaining('unknown field "spec.mistyped"'),
    ]);
  });
});

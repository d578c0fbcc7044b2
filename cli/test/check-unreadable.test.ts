/** What hangs on something that nobody could read is undecided, in every format, and never a verdict. */
import { describe, expect, test } from "@jest/globals";
import { companyos } from "./command.ts";
import { temporaryFolder } from "./folder.ts";

const { file, inFolder } = temporaryFolder("companyos-check-unreadable-");
const quickstart = ["--with", "examples/quickstart"];

async function check(...words: string[]) {
  const { code, stdout } = await companyos("check", ...words, "--output", "json");
  const { objects, undecided, faults, warnings } = JSON.parse(stdout);
  const told = (all: { name: string; reason: string; verdict?: string }[]) =>
    all.map(({ name, reason, verdict }) => [name, verdict ?? "undecided", reason].join(" "));
  return {
    ...{ code, faults, warnings },
    decided: [...told(objects), ...told(undecided)],
    messages: undecided.map(({ message }: { message: string }) => message),
  };
}

const residency = (
  kind: string,
  name: string,
  spec: unknown,
  labels: object = { "data-subjects": "eu" },
) => ({
  apiVersion: "residency.companyos.io/v1",
  kind,
  metadata: { name, labels },
  spec,
});
const pod = (namespace: string, region: string, more: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: `${namespace}-${region}`, namespace },
  spec: { nodeSelector: { "topology.kubernetes.io/region": region }, containers: [], ...more },
});
const list = (...items: object[]) => JSON.stringify({ apiVersion: "v1", kind: "List", items });
const newco = (spec: object) => residency("Tenant", "newco", { homeRegion: "eu-west-1", ...spec });

const both = () =>
  file("both.json", list(pod("acme", "eu-west-1"), pod("acme", "us-east-1"), pod("shop", "us-east-1")));

describe("beside what cannot be read", () => {
  test.each<[string, object, readonly string[], RegExp]>([
    [
      "a Region",
      residency("Region", "ap-south-1", { jurisdiction: 7 }, {}),
      ["acme-eu-west-1 undecided RULES_UNREADABLE", "acme-us-east-1 undecided RULES_UNREADABLE"],
      /Region ap-south-1 of .*law\.json, document 1, is not valid/,
    ],
    [
      "a policy that selects the tenant",
      residency("ResidencyPolicy", "p", { tenantSelector: {}, mode: "Enfroce" }, {}),
      ["acme-eu-west-1 undecided RULES_UNREADABLE", "acme-us-east-1 undecided RULES_UNREADABLE"],
      /ResidencyPolicy p of/,
    ],
    [
      "a policy of other tenants",
      residency("ResidencyPolicy", "p", { tenantSelector: { matchLabels: { a: "b" } }, mode: "Enfroce" }, {}),
      ["acme-eu-west-1 allow WITHIN_REGIONS", "acme-us-east-1 block CROSS_REGION"],
      /^$/,
    ],
    [
      "the Tenant of a namespace that is nobody's else",
      newco({ namespaces: ["shop"], regions: 7 }),
      [
        "acme-eu-west-1 allow WITHIN_REGIONS",
        "acme-us-east-1 block CROSS_REGION",
        "shop-us-east-1 undecided RULES_UNREADABLE",
      ],
      /Tenant newco of/,
    ],
    [
      "a Tenant of which nobody can say what it claims",
      newco({ namespaces: { shop: 1 } }),
      [
        "acme-eu-west-1 undecided RULES_UNREADABLE",
        "acme-us-east-1 undecided RULES_UNREADABLE",
        "shop-us-east-1 undecided RULES_UNREADABLE",
      ],
      /Tenant newco of/,
    ],
  ])("%s is undecided what hangs on it, and the rest is not", async (_, law, decided, said) => {
    const path = await file("law.json", JSON.stringify(law));
    const found = await check("-f", await both(), ...quickstart, "--with", path);
    expect({ code: found.code, decided: found.decided.toSorted() }).toEqual({ code: 2, decided });
    expect(found.messages[0] ?? "").toMatch(said);
  });

  test("a file or document that may have said anything, everything is", async () => {
    const broken = await file("law.yaml", "kind: [\n");
    for (const path of [broken, inFolder("gone")]) {
      const { decided, messages } = await check("-f", await both(), ...quickstart, "--with", path);
      expect(decided).toHaveLength(3);
      for (const one of decided) expect(one).toMatch(/undecided RULES_UNREADABLE$/);
      expect(messages[0]).toContain(path);
    }
    // Among what is judged it takes nothing from the rule of --with.
    expect((await check("-f", await both(), "-f", broken, ...quickstart)).decided).toHaveLength(2);
  });

  test("two that say different things of one Tenant, neither is taken at its word", async () => {
    const path = await file(
      "twice.json",
      JSON.stringify(residency("Tenant", "acme", { homeRegion: "us-east-1" })),
    );
    expect((await check("-f", await both(), ...quickstart, "--with", path)).decided).toEqual([
      "acme-eu-west-1 undecided RULES_UNREADABLE",
      "acme-us-east-1 undecided RULES_UNREADABLE",
    ]);
  });

  test("a Tenant that cannot be read is told as that, not as no Tenant", async () => {
    const path = await file("alone.json", list(newco({ regions: 7 }), pod("newco", "eu-west-1")));
    const { decided, messages } = await check("-f", path);
    expect(decided).toEqual(["newco-eu-west-1 undecided RULES_UNREADABLE"]);
    expect(messages[0]).toMatch(/Tenant newco of .*alone\.json, document 1, is not valid/);
    // Set aside, it still says whose the namespace is to be.
    expect((await check("-f", path, ...quickstart)).decided).toEqual([
      "newco-eu-west-1 undecided TENANT_SET_ASIDE",
    ]);
    const byDefault = ["--unclaimed=DefaultTenant", "--default-tenant=newco", "-n", "shop"];
    expect(
      (await check("-f", await file("s.json", list(pod("shop", "eu-west-1"))), ...byDefault, "--with", path))
        .decided,
    ).toEqual(["shop-eu-west-1 undecided RULES_UNREADABLE"]);
  });

  test("no format has a verdict for it", async () => {
    const path = await file("region.json", JSON.stringify(residency("Region", "ap-south-1", {}, {})));
    const words = ["check", "-f", await both(), ...quickstart, "--with", path, "--undecided=warn"];
    const said = async (format: string) => (await companyos(...words, "-o", format)).stdout;
    expect(await said("text")).not.toMatch(/\b(ALLOW|BLOCK)\b/);
    expect(await said("junit")).toMatch(/tests="2" failures="0" errors="0" skipped="2"/);
    expect(await said("github")).not.toMatch(/CROSS_REGION|WITHIN_REGIONS/);
    expect(await said("sarif")).not.toMatch(/CROSS_REGION|WITHIN_REGIONS/);
  });
});

describe("a node's name, where no Node is known", () => {
  const named = (spec: object) => ({ ...pod("acme", "eu-west-1"), spec: { containers: [], ...spec } });
  const node = (name: string, region: string) => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "topology.kubernetes.io/region": region } },
  });
  const binding = (target: object) => ({
    ...{ apiVersion: "v1", kind: "Binding", metadata: { name: "acme-eu-west-1", namespace: "acme" }, target },
  });

  test.each<[string, object, string]>([
    ["in a pod", named({ nodeName: "n" }), "undecided NODES_UNKNOWN"],
    ["in a binding", binding({ kind: "Node", name: "n" }), "undecided NODES_UNKNOWN"],
    ["as a host's", named({ nodeSelector: { "kubernetes.io/hostname": "n" } }), "undecided NODES_UNKNOWN"],
    [
      "beside a region abroad",
      named({ nodeName: "n", nodeSelector: { "topology.kubernetes.io/region": "us-east-1" } }),
      "block CROSS_REGION",
    ],
    ["that is none", binding({ kind: "Node", name: "" }), "block NODE_UNKNOWN"],
  ])("%s", async (_, object, expected) => {
    const path = await file("named.json", JSON.stringify(object));
    const { decided } = await check("-f", path, ...quickstart);
    expect(decided).toEqual([`acme-eu-west-1 ${expected}`]);
  });

  test("is decided where Nodes are, and one that is not among them is none", async () => {
    const path = await file("named.json", JSON.stringify(named({ nodeName: "n" })));
    const decided = async (...nodes: object[]) =>
      (await check("-f", path, ...quickstart, "--with", await file("nodes.json", list(...nodes)))).decided;
    expect(await decided(node("n", "us-east-1"))).toEqual(["acme-eu-west-1 block CROSS_REGION"]);
    expect(await decided(node("other", "eu-west-1"))).toEqual(["acme-eu-west-1 block NODE_UNKNOWN"]);
  });
});

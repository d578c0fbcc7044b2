/** A landing zone: regions, the rule for them, and a Tenant for every team. What it accepts is checked as it is written. */
import { Region, ResidencyPolicy, Tenant } from "@companyos/cdk8s";
import { Chart } from "cdk8s";
import type { Construct } from "constructs";

export interface Team {
  readonly name: string;
  /** Region in which its data lives. */
  readonly home: string;
  readonly size: Size;
  /** A group of the identity provider. */
  readonly owners: string;
}

const sizes = {
  small: { pods: "20", "requests.cpu": "4", "requests.memory": "8Gi" },
  medium: { pods: "50", "requests.cpu": "16", "requests.memory": "32Gi" },
  large: { pods: "200", "requests.cpu": "64", "requests.memory": "128Gi" },
} as const;
type Size = keyof typeof sizes;

/** Applied before the teams: a Tenant in a region that is not there yet may run nowhere. */
export class Platform extends Chart {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new Region(this, "ireland", {
      metadata: { name: "eu-west-1" },
      spec: { displayName: "Ireland", jurisdiction: "EU", zones: ["eu-west-1a", "eu-west-1b", "eu-west-1c"] },
    });
    new Region(this, "virginia", {
      metadata: { name: "us-east-1" },
      spec: { displayName: "Virginia", jurisdiction: "US", zones: ["us-east-1a", "us-east-1b"] },
    });
    new ResidencyPolicy(this, "eu-stays-in-eu", {
      metadata: { name: "eu-stays-in-eu" },
      spec: {
        tenantSelector: { matchLabels: { jurisdiction: "EU" } },
        allowed: { jurisdictions: ["EU"] },
        mode: "Enforce",
      },
    });
  }
}

const jurisdictions: Readonly<Record<string, string>> = { "eu-west-1": "EU", "us-east-1": "US" };

export class Teams extends Chart {
  constructor(scope: Construct, id: string, teams: readonly Team[]) {
    super(scope, id);
    for (const { name, home, size, owners } of teams)
      new Tenant(this, name, {
        metadata: { name, labels: { jurisdiction: jurisdictions[home] ?? "none", size } },
        spec: {
          displayName: `Team ${name}`,
          homeRegion: home,
          regions: [home],
          namespaces: [`${name}-staging`],
          owners: [{ kind: "Group", name: owners }],
          quota: { hard: { ...sizes[size] } },
        },
      });
  }
}

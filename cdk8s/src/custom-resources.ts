import {
  apiVersion,
  type EvidenceBundleInput,
  type Parsed,
  parseEvidenceBundle,
  parseRegion,
  parseResidencyPolicy,
  parseTenant,
  type RegionInput,
  type ResidencyPolicyInput,
  type TenantInput,
} from "@companyos/crds";
import { ApiObject, type ApiObjectMetadata } from "cdk8s";
import type { Construct } from "constructs";
import { InvalidManifest } from "./invalid-manifest.ts";

/** Metadata as cdk8s takes it (a name is made from the path when there is none), and the spec as in the CRD. */
export interface CustomResourceProps<Spec> {
  readonly metadata?: ApiObjectMetadata;
  readonly spec: Spec;
}

/** One construct for each kind in `@companyos/crds`; what they accept is defined there and nowhere else. */
class CustomResource<Spec> extends ApiObject {
  constructor(
    scope: Construct,
    id: string,
    kind: string,
    { metadata, spec }: CustomResourceProps<Spec>,
    parse: (object: unknown) => Parsed<unknown>,
  ) {
    super(scope, id, { apiVersion, kind, ...(metadata === undefined ? {} : { metadata }), spec });
    // Refused here rather than by the API server: the stack trace leads to the line that wrote it.
    const parsed = parse({ apiVersion, kind, metadata: { name: this.name }, spec });
    if (!parsed.ok) throw new InvalidManifest(kind, this.name, parsed.problems);
  }
}

/** A place with a name. @throws {InvalidManifest} naming each wrong field */
export class Region extends CustomResource<RegionInput["spec"]> {
  constructor(scope: Construct, id: string, props: CustomResourceProps<RegionInput["spec"]>) {
    super(scope, id, "Region", props, parseRegion);
  }
}

/** The owner of data. @throws {InvalidManifest} naming each wrong field */
export class Tenant extends CustomResource<TenantInput["spec"]> {
  constructor(scope: Construct, id: string, props: CustomResourceProps<TenantInput["spec"]>) {
    super(scope, id, "Tenant", props, parseTenant);
  }
}

/** Where the tenants it selects may live. @throws {InvalidManifest} naming each wrong field */
export class ResidencyPolicy extends CustomResource<ResidencyPolicyInput["spec"]> {
  constructor(scope: Construct, id: string, props: CustomResourceProps<ResidencyPolicyInput["spec"]>) {
    super(scope, id, "ResidencyPolicy", props, parseResidencyPolicy);
  }
}

/** A request for receipts and their proofs. @throws {InvalidManifest} naming each wrong field */
export class EvidenceBundle extends CustomResource<EvidenceBundleInput["spec"]> {
  constructor(scope: Construct, id: string, props: CustomResourceProps<EvidenceBundleInput["spec"]>) {
    super(scope, id, "EvidenceBundle", props, parseEvidenceBundle);
  }
}

import type { Problem } from "@companyos/crds";

/** A construct was given a spec that the API server would refuse. */
export class InvalidManifest extends TypeError {
  readonly code = "INVALID_MANIFEST";
  readonly problems: readonly Problem[];

  constructor(kind: string, name: string, problems: readonly Problem[]) {
    super(`${kind} ${name}: ${problems.map(({ field, message }) => `${field}: ${message}`).join("; ")}`);
    this.name = "InvalidManifest";
    this.problems = problems;
  }
}

import type { ReasonCode } from "@companyos/policies";
import type { Request } from "./request.ts";
import type { RowId } from "./rows.ts";
import type { Scene } from "./scene.ts";

/** A way past the rule and its lawful twin. */
export interface Attempt {
  /** Unique within a run. */
  readonly name: string;
  /** Rows of the enforcement table that it tries. */
  readonly rows: readonly RowId[];
  readonly title: string;
  /** What becomes of it: it is refused, or the pin makes it harmless. */
  readonly expected: "refused" | "pinned";
  /** It names the node itself. Nothing comes after its admission that could hold it back. */
  readonly direct?: true;
  /** The policy that refuses its pod as soon as it is made, and not only where it is bound to. */
  readonly podRefusedBy?: string;
  /**
   * What the webhook alone decides for either side, where it is the pin that makes the object lawful with both layers
   * in force. HELD: it is admitted, and its pods are refused. Absent: it decides the same.
   */
  readonly leansOnPin?: {
    readonly unlawful?: ReasonCode | "HELD";
    readonly lawful?: ReasonCode;
  };
  /** Must go through, while everything is in force, before either side is tried. */
  readonly prepare?: { readonly unlawful: readonly Request[]; readonly lawful: readonly Request[] };
  readonly unlawful: Request;
  readonly lawful: Request;
}

/** Makes one attempt. A way is one file in `ways/`, and one line in the mix of `attempts.ts`. */
export type Way = (scene: Scene) => Omit<Attempt, "name">;

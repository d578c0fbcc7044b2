/** What a process may be among those of the product, as `residency_build_info` names it. */
export type Component = "webhook" | "operator" | "notary";

/** One metric. What people alert on goes by its name: an installed one is not renamed. */
export interface Entry {
  readonly type: "counter" | "gauge" | "histogram";
  /** Which of our processes have it. */
  readonly components: readonly Component[];
  readonly labels: readonly string[];
  /** For docs/operations.md, in Markdown; `/metrics` shows it without. */
  readonly says: string;
}

export type Catalogue = Readonly<Record<string, Entry>>;

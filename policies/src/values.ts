/**
 * The values of one label that a conjunction of requirements lets through, exactly as the scheduler matches them
 * (k8s.io/apimachinery labels.Requirement: `NotIn` and `DoesNotExist` match a node without the label, the others do not;
 * `Gt` and `Lt` compare base-10 64-bit integers). Either a finite set, or everything but some.
 */
export type Operator = "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt";

export const operators: ReadonlySet<string> = new Set<Operator>([
  "In",
  "NotIn",
  "Exists",
  "DoesNotExist",
  "Gt",
  "Lt",
]);

export class LabelValues {
  /** The values let through when they are finitely many; undefined: all but the excluded ones. */
  #only: Set<string> | undefined;
  readonly #excluded = new Set<string>();
  #above: bigint | undefined;
  #below: bigint | undefined;
  #absent = true;

  /** Whether a node without the label is let through. */
  get absent(): boolean {
    return this.#absent;
  }

  /** The finite set of values, or undefined when values nobody has thought of are let through too. */
  get finite(): ReadonlySet<string> | undefined {
    return this.#only;
  }

  /** The values named by `NotIn`. */
  get excluded(): ReadonlySet<string> {
    return this.#excluded;
  }

  has(value: string): boolean {
    return this.#only ? this.#only.has(value) : !this.#excluded.has(value) && this.#inBounds(value);
  }

  /** Narrows by one more requirement. Linear in `values`, so that a hostile object costs no more than its size. */
  narrow(operator: Operator, values: readonly string[]): void {
    switch (operator) {
      case "In":
        this.#keep(new Set(values.filter((value) => this.has(value))));
        break;
      case "NotIn":
        for (const value of values) {
          this.#excluded.add(value);
          this.#only?.delete(value);
        }
        break;
      case "Exists":
        this.#absent = false;
        break;
      case "DoesNotExist":
        this.#only = new Set();
        break;
      case "Gt":
      case "Lt":
        this.#bound(operator, integer(values[0] ?? ""));
        break;
    }
  }

  #bound(operator: "Gt" | "Lt", limit: bigint | undefined): void {
    if (limit === undefined) {
      this.#keep(new Set());
      return;
    }
    if (operator === "Gt")
      this.#above = this.#above === undefined || limit > this.#above ? limit : this.#above;
    else this.#below = this.#below === undefined || limit < this.#below ? limit : this.#below;
    this.#absent = false;
    if (this.#only) this.#keep(new Set([...this.#only].filter((value) => this.#inBounds(value))));
  }

  #keep(values: Set<string>): void {
    this.#only = values;
    this.#absent = false;
  }

  #inBounds(value: string): boolean {
    if (this.#above === undefined && this.#below === undefined) return true;
    const number = integer(value);
    if (number === undefined) return false;
    return (
      (this.#above === undefined || number > this.#above) &&
      (this.#below === undefined || number < this.#below)
    );
  }
}

const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** Go's `strconv.ParseInt(text, 10, 64)`; undefined where that fails. */
export function integer(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]{1,19}$/.test(text) && !/^[+-]?0*[0-9]{1,19}$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ""));
  return value >= int64.min && value <= int64.max ? value : undefined;
}

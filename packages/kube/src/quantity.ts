/** Quantities of apimachinery's resource package: a decimal number with a suffix. */
const QUANTITY = /^([+-]?\d*\.?\d+|[+-]?\d+\.)(?:([eE][+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i))?$/;
const FACTORS: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The number a quantity stands for, to a double's precision; undefined when it is none. */
export function quantityValue(quantity: unknown): number | undefined {
  const match = QUANTITY.exec(String(quantity));
  if (!match) return undefined;
  return Number(`${match[1]}${match[2] ?? ""}`) * (FACTORS[match[3] ?? ""] ?? 1);
}

/** Equal as JSON scalars or, where quantities stand, as numbers. */
export function sameScalar(a: unknown, b: unknown, quantities: boolean): boolean {
  if (a === b) return true;
  if (!quantities) return false;
  const [x, y] = [quantityValue(a), quantityValue(b)];
  return x !== undefined && y !== undefined && Math.abs(x - y) <= 1e-12 * Math.max(Math.abs(x), Math.abs(y));
}

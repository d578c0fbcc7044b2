import type { CommandResult, Teller } from "./teller.ts";

const receiptId = /\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b/;

/** The receipt id that a refusal shows, or undefined. */
export function receiptIdIn(result: CommandResult): string | undefined {
  return receiptId.exec(`${result.stdout}${result.stderr}`)?.[0];
}

/** Checks that a command was refused, and that the response says all that a person needs. */
export function checkRefused(
  teller: Teller,
  what: string,
  result: CommandResult,
  mentions: readonly string[],
): void {
  const text = `${result.stdout}${result.stderr}`;
  const missing = mentions.filter((mention) => !text.includes(mention));
  teller.check(`${what} is refused`, result.code !== 0, "it went through");
  teller.check(
    `the response names ${mentions.join(", ")}`,
    missing.length === 0,
    `missing: ${missing.join(", ")}`,
  );
  teller.check("the response carries a receipt id", receiptIdIn(result) !== undefined);
}

/** Asks again until `holds` or the time is over; returns the last value. An error counts as not yet. */
export async function until<T>(
  ask: () => Promise<T>,
  holds: (value: T) => boolean,
  timeoutMs: number,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const late = Date.now() > end;
    try {
      const value = await ask();
      if (holds(value) || late) return value;
    } catch (error) {
      if (late) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** The sum of one counter over several `/metrics` pages, of the series whose labels include `labels`. */
export async function sumOfMetric(
  urls: readonly string[],
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<number> {
  let sum = 0;
  for (const url of urls) {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    for (const line of (await response.text()).split("\n")) {
      if (!line.startsWith(`${name}{`)) continue;
      if (Object.entries(labels).every(([key, value]) => line.includes(`${key}="${value}"`))) {
        sum += Number(line.slice(line.lastIndexOf(" ") + 1));
      }
    }
  }
  return sum;
}

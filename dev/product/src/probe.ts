import { readFile } from "node:fs/promises";
import { Agent, request } from "undici";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Reads until `good`; errors count as not yet. Rejects with the last error or state once the time is over. */
export async function readUntil<T>(
  read: () => Promise<T>,
  holds: (value: T) => boolean,
  timeoutMs: number,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  let last = "no response yet";
  while (Date.now() < end) {
    try {
      const value = await read();
      if (holds(value)) return value;
      last = JSON.stringify(value).slice(0, 300);
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await pause(100);
  }
  throw new Error(`after ${timeoutMs / 1000} s: ${last}`);
}

/** Resolves when `url` returns 200. */
export async function ready(url: string, timeoutMs: number): Promise<void> {
  await readUntil(
    async () => {
      const { statusCode, body } = await request(url, { headersTimeout: 2_000 });
      return { statusCode, text: (await body.text()).slice(0, 200) };
    },
    ({ statusCode }) => statusCode === 200,
    timeoutMs,
  );
}

/** GET of a JSON document from a server whose certificate `caFile` vouches for. */
export async function getJson<T>(
  url: string,
  caFile: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<T> {
  const dispatcher = new Agent({ connect: { ca: await readFile(caFile, "utf8") } });
  try {
    const { statusCode, body } = await request(url, { dispatcher, headers: { ...headers } });
    if (statusCode !== 200)
      throw new Error(`${url} returned ${statusCode}: ${(await body.text()).slice(0, 300)}`);
    return (await body.json()) as T;
  } finally {
    await dispatcher.close();
  }
}

import { createServer, type Server } from "node:net";
import { ClusterError } from "./errors.ts";

// Below the ranges from which Linux (32768 up) and macOS (49152 up) take ports for outgoing connections: a
// component that is killed and restarted finds its port still free.
const LOWEST = 20_000;
const HIGHEST = 31_999;

/** Those that this process has given out: their users may not listen yet, or not at the moment. */
const given = new Set<number>();

function hold(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => resolve(server));
  });
}

/** True if nobody listens on this loopback port now. */
export async function isFree(port: number): Promise<boolean> {
  const server = await hold(port);
  if (!server) return false;
  await new Promise((resolve) => server.close(resolve));
  return true;
}

/**
 * `count` different loopback ports that are free now. None is given twice by this process; another one may still take
 * one before its user binds it, so starters retry with a new one.
 */
export async function freePorts(count: number, random: () => number = Math.random): Promise<number[]> {
  const held: { port: number; server: Server }[] = [];
  try {
    for (let attempt = 0; held.length < count; attempt++) {
      if (attempt > 200 + count * 20) {
        throw new ClusterError(
          "NO_FREE_PORT",
          `Found only ${held.length} of ${count} free loopback ports between ${LOWEST} and ${HIGHEST}; stop something that listens there.`,
        );
      }
      const port = LOWEST + Math.floor(random() * (HIGHEST - LOWEST + 1));
      if (given.has(port)) continue;
      const server = await hold(port);
      if (!server) continue;
      given.add(port);
      held.push({ port, server });
    }
    return held.map((h) => h.port);
  } finally {
    await Promise.all(held.map(({ server }) => new Promise((resolve) => server.close(resolve))));
  }
}

/** One free loopback port; see {@link freePorts}. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port!;
}

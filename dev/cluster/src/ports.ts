import { mkdir, readlink, symlink, unlink } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { cacheRoot } from "./cache.ts";
import { ClusterError } from "./errors.ts";
import { isAlive, ownIdentity, type ProcessIdentity } from "./identity.ts";

// Below the ranges from which Linux (32768 up) and macOS (49152 up) take ports for outgoing connections: a
// component that is killed and restarted finds its port still free.
const LOWEST = 20_000;
const HIGHEST = 31_999;

function hold(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => resolve(server));
  });
}

const release = (server: Server) => new Promise((resolve) => server.close(resolve));

/** True if nobody listens on this loopback port now. */
export async function isFree(port: number): Promise<boolean> {
  const server = await hold(port);
  if (!server) return false;
  await release(server);
  return true;
}

/**
 * `count` different loopback ports that are free now. None is given twice while the process that asked for it lives,
 * by this process or another of the same user: whoever got one may listen much later, or stop and start again.
 */
export async function freePorts(count: number, random: () => number = Math.random): Promise<number[]> {
  const claims = join(cacheRoot(), "ports");
  await mkdir(claims, { recursive: true });
  const own = await ownIdentity();
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
      const file = join(claims, String(port));
      // Listening for a moment where somebody else is about to would be in the way.
      if ((await claimed(file)) === "alive") continue;
      const server = await hold(port);
      if (!server) continue;
      // Whoever listens is alone with the port's claim, too.
      if (await claim(file, own)) held.push({ port, server });
      else await release(server);
    }
    return held.map((h) => h.port);
  } finally {
    await Promise.all(held.map(({ server }) => release(server)));
  }
}

/** Whether a living process has the port, one that has ended had it, or nobody. */
async function claimed(file: string): Promise<"alive" | "ended" | "never"> {
  let holder: string;
  try {
    holder = await readlink(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "never";
    throw error;
  }
  const [pid, ...startTime] = holder.split(" ");
  return (await isAlive({ pid: Number(pid), startTime: startTime.join(" ") })) ? "alive" : "ended";
}

/**
 * Writes down that the port is this process's, as the target of a symbolic link: that is made in one step and takes no
 * block of the disk. False if somebody alive has it.
 */
async function claim(file: string, own: ProcessIdentity): Promise<boolean> {
  const by = await claimed(file);
  if (by === "alive") return false;
  if (by === "ended") await unlink(file);
  await symlink(`${own.pid} ${own.startTime}`, file);
  return true;
}

/** One free loopback port; see {@link freePorts}. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port!;
}

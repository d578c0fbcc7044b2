/** Processes whose clock is not the machine's, and can be set while they run. */

import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { replaceFile } from "@companyos/service/files";

const preload = pathToFileURL(new URL("./shifted-date.ts", import.meta.url).pathname).href;
/** libfaketime looks at its file this often, seconds; whole ones only. */
const cacheSeconds = 1;

export class SkewedClocks {
  /** `libfaketime` sets the time of everything in a process, TLS included; without it, `Date` alone. */
  readonly how: "libfaketime" | "Date" = library() ? "libfaketime" : "Date";
  readonly #dir = mkdtempSync(join(tmpdir(), "companyos-clocks-"));
  readonly #seconds = new Map<string, number>();

  /** `seconds`: how far the clock of each process, by name, is ahead from its start on; others' are right. */
  constructor(seconds: Readonly<Record<string, number>> = {}) {
    for (const [name, ahead] of Object.entries(seconds)) this.#seconds.set(name, ahead);
  }

  /** What a process of this name gets into its environment, besides what it has. */
  env(name: string, given: Readonly<Record<string, string>> = {}): Record<string, string> {
    writeFileSync(this.#file(name), textOf(this.aheadOf(name)));
    if (this.how === "Date") {
      const options = `${given.NODE_OPTIONS ?? ""} --import=${preload}`;
      return { NODE_OPTIONS: options, COMPANYOS_CLOCK_FILE: this.#file(name) };
    }
    return {
      LD_PRELOAD: library() as string,
      FAKETIME_TIMESTAMP_FILE: this.#file(name),
      FAKETIME_CACHE_DURATION: String(cacheSeconds),
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
  }

  aheadOf(name: string): number {
    return this.#seconds.get(name) ?? 0;
  }

  /** Sets clocks, of those that run and those to come; resolves when it is done. */
  async set(seconds: Readonly<Record<string, number>>): Promise<void> {
    for (const [name, ahead] of Object.entries(seconds)) {
      this.#seconds.set(name, ahead);
      await replaceFile(this.#file(name), textOf(ahead), { mode: "umask" });
    }
    await pause(cacheSeconds * 1_000 + 200);
  }

  async remove(): Promise<void> {
    await rm(this.#dir, { recursive: true, force: true });
  }

  #file(name: string): string {
    return join(this.#dir, name);
  }
}

/** Both understand it. */
const textOf = (seconds: number) => `${seconds < 0 ? "" : "+"}${seconds}s\n`;

/** Where Debian and Fedora put it; COMPANYOS_FAKETIME names another place, or is `off`. */
function library(): string | undefined {
  const given = process.env.COMPANYOS_FAKETIME;
  if (given) return given === "off" ? undefined : given;
  if (process.platform !== "linux") return undefined;
  const folders = ["/usr/lib64", ...entries("/usr/lib").map((name) => `/usr/lib/${name}`)];
  for (const folder of folders.map((name) => join(name, "faketime"))) {
    if (entries(folder).includes("libfaketimeMT.so.1")) return join(folder, "libfaketimeMT.so.1");
  }
  return undefined;
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A process held to the memory its container would have: a cgroup (v1 or v2) where one can be made. */
import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface Limited {
  /** `cgroup`: the kernel holds it to the limit; `none`: only looked at. */
  readonly by: "cgroup" | "none";
  /** The most it ever held at once since it was limited, in bytes, as the kernel counts it. */
  peak(): Promise<number>;
  release(): Promise<void>;
}

const roots = [
  { dir: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes", peak: "memory.max_usage_in_bytes" },
  { dir: "/sys/fs/cgroup", limit: "memory.max", peak: "memory.peak" },
];

export async function limitMemory(pid: number, bytes: number, name: string): Promise<Limited> {
  for (const { dir, limit, peak } of roots) {
    const group = join(dir, `companyos-${process.pid}-${name}`);
    try {
      await mkdir(group);
    } catch {
      continue;
    }
    const release = async () => {
      await writeFile(join(dir, "cgroup.procs"), String(pid)).catch(() => {});
      await rmdir(group).catch(() => {});
    };
    try {
      // What it holds already moves with it (v1; v2 has no such file, nor the notion).
      await writeFile(join(group, "memory.move_charge_at_immigrate"), "3").catch(() => {});
      await writeFile(join(group, limit), String(bytes));
      await writeFile(join(group, "cgroup.procs"), String(pid));
      await readFile(join(group, peak));
    } catch {
      await release();
      continue;
    }
    return {
      by: "cgroup",
      peak: async () => Number(await readFile(join(group, peak), "utf8")),
      release,
    };
  }
  return { by: "none", peak: () => peakResident(pid), release: async () => {} };
}

/**
 * Peak memory, bytes, as these tests mean it where no kernel holds a process to a limit: the most that it ever had resident
 * (proc_pid_status(5)), less its mapped files now. Those the kernel drops before it ends a container for its memory.
 */
export async function peakResident(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1024;
  return field("VmHWM") - field("RssFile");
}

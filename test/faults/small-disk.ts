/** File systems of their own, small enough to be filled. Only root may make one (tmpfs, Linux). */

import { spawnSync } from "node:child_process";

const probe =
  'd=$(mktemp -d) && mount -t tmpfs -o size=64k probe "$d" && umount "$d"; s=$?; rmdir "$d"; exit $s';

/** Whether this process may make one. */
export const smallDisks: boolean =
  process.platform === "linux" && process.getuid?.() === 0 && spawnSync("sh", ["-c", probe]).status === 0;

/** Mounts one over an empty folder. `size` as mount takes it, such as `8m`. */
export function mountSmallDisk(folder: string, size: string): void {
  const flags = ["-t", "tmpfs", "-o", `size=${size},mode=0700`, "companyos-faults", folder];
  const { status, stderr } = spawnSync("mount", flags);
  if (status !== 0) throw new Error(`mount ${flags.join(" ")}: ${stderr}`);
}

/** Lazily: the folder is removed with the rest. */
export function unmountSmallDisk(folder: string): void {
  spawnSync("umount", ["-l", folder]);
}

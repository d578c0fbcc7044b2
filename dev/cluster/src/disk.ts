import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { ClusterError } from "./errors.ts";

/** How much room a folder will need, in bytes, and the setting that moves it elsewhere. */
export interface Room {
  folder: string;
  bytes: number;
  setting: string;
}

async function existing(folder: string): Promise<{ path: string; device: number }> {
  for (let path = folder; ; path = dirname(path)) {
    try {
      return { path, device: (await stat(path)).dev };
    } catch (error) {
      if (dirname(path) === path) throw error;
    }
  }
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** DISK_SHORT, naming folders, sizes and what to do, unless every file system has room for all that goes there. */
export async function requireRoom(
  rooms: readonly Room[],
  freeBytes: (path: string) => Promise<number> = async (path) => {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
): Promise<void> {
  const disks = new Map<number, { path: string; rooms: Room[] }>();
  for (const room of rooms) {
    const { path, device } = await existing(room.folder);
    const disk = disks.get(device) ?? { path, rooms: [] };
    disk.rooms.push(room);
    disks.set(device, disk);
  }
  for (const disk of disks.values()) {
    const needed = disk.rooms.reduce((sum, room) => sum + room.bytes, 0);
    const free = await freeBytes(disk.path);
    if (free >= needed) continue;
    const where = disk.rooms.map(
      (room) => `${room.folder} (${gigabytes(room.bytes)}; move with ${room.setting})`,
    );
    throw new ClusterError(
      "DISK_SHORT",
      `Building needs ${gigabytes(needed)} of disk, ${gigabytes(free)} are free, for: ${where.join(", ")}. ` +
        "Free some space (`go clean -cache` empties Go's build cache), or point one of these settings at a larger disk.",
    );
  }
}

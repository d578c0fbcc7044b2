import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";

/** A folder for the tests of one file, gone after them. */
export function temporaryFolder(prefix: string) {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), prefix));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  /** Path of what is, or is not, in it. */
  const inFolder = (name: string): string => join(folder, name);
  return {
    inFolder,
    /** Writes a file into it, folders on the way too, and gives its path. */
    async file(name: string, content: string): Promise<string> {
      const path = inFolder(name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
      return path;
    },
  };
}

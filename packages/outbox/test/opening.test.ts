/** A journal that cannot be opened leaves nothing open: whoever tries again goes on with a clean slate. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "@companyos/service";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openOutbox } from "../src/index.ts";
import { type Disk, nodeDisk } from "./parts.ts";

const regions = { "eu-west-1": { url: "http://127.0.0.1:9" }, "us-east-1": { url: "http://127.0.0.1:9" } };
const log = createLogger({ role: "test", write: () => {} });
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "outbox-opening-"));
});
afterAll(() => rm(dir, { recursive: true }));

/** A disk that knows how many of its files are open, and fails to read what `bad` says. */
function countingDisk(bad: (path: string) => boolean) {
  let open = 0;
  let opened = 0;
  const counted = <F extends { close(): Promise<void> }>(file: F): F => {
    open++;
    opened++;
    return {
      ...file,
      async close() {
        open--;
        await file.close();
      },
    };
  };
  const disk: Disk = {
    ...nodeDisk,
    create: async (path) => counted(await nodeDisk.create(path)),
    edit: async (path) => counted(await nodeDisk.edit(path)),
    async readAll(path) {
      if (bad(path)) throw Object.assign(new Error("broken"), { code: "EIO" });
      return nodeDisk.readAll(path);
    },
  };
  return { disk, open: () => open, opened: () => opened };
}

test("a part that cannot be read closes every file of the parts before, and gives the folder back", async () => {
  const options = {
    dir,
    cluster: "test",
    regions,
    ca: () => undefined,
    token: () => "t",
    log,
    faults: () => {},
  };
  const first = await openOutbox(options, {});
  await first.stop();
  const read: string[] = [];
  const seen = countingDisk((path) => {
    read.push(path);
    return false;
  });
  const whole = await openOutbox(options, { disk: seen.disk });
  await whole.stop();
  expect({ open: seen.open(), some: seen.opened() > 0 }).toEqual({ open: 0, some: true });

  for (const path of new Set(read)) {
    const { disk, open } = countingDisk((asked) => asked === path);
    const result = await openOutbox(options, { disk }).then(
      (outbox) => outbox.stop(),
      (error: unknown) => error,
    );
    expect([path, open()]).toEqual([path, 0]);
    if (result !== undefined) expect(result).toMatchObject({ name: "OutboxError" });
  }
  await writeFile(join(dir, "nothing-else"), "");
  await (await openOutbox(options)).stop();
});

/**
 * A sender to be killed: `node appender.ts <dir> <region> <url> <mode>`. Prints a line for everything that
 * was answered as durable: `a <name>` for an append, `r <rid>` for a repeat.
 */

import { writeSync } from "node:fs";
import { event, openSender } from "./peer.ts";

const [dir, region, url, mode] = process.argv.slice(2) as [string, string, string, string];
const outbox = await openSender({
  dir,
  regions: { [region]: { url } },
  limits: { segmentBytes: 64 << 10, backoffMs: 50 },
});
const say = (line: string) => writeSync(1, `${line}\n`);

if (mode === "append") {
  let count = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (;;) {
        const name = `${process.pid}-${count++}`;
        await outbox.append(event(region, name));
        say(`a ${name}`);
      }
    }),
  );
} else {
  const first = event(region, `window of ${process.pid}`);
  await outbox.append(first);
  say(`w ${first.rid}`);
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (;;) {
        await outbox.repeat({ region, rid: first.rid });
        say(`r ${first.rid}`);
      }
    }),
  );
}

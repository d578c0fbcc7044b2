/**
 * Loaded before a program (`node --import`): its `Date` is off by the seconds that the file COMPANYOS_CLOCK_FILE says,
 * read again all the time, as if somebody set the clock. Timers and `performance.now` go on as a stepped machine's do.
 * What is not JavaScript, such as TLS, keeps the machine's time.
 */

import { readFileSync } from "node:fs";

const file = process.env.COMPANYOS_CLOCK_FILE as string;
const RealDate = Date;
const now = RealDate.now;
let offset = 0;

function look(): void {
  try {
    offset = Number.parseFloat(readFileSync(file, "utf8")) * 1_000;
  } catch {
    // Being written: the next look comes soon.
  }
}
look();
setInterval(look, 50).unref();

const shifted = () => now() + offset;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, as) => Reflect.construct(target, args.length === 0 ? [shifted()] : args, as),
  apply: (target) => new target(shifted()).toString(),
  get: (target, name, self) => (name === "now" ? shifted : Reflect.get(target, name, self)),
});

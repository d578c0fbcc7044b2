import { type BundleSource, type RefusalCode, type VerifyOptions, writeBundle } from "@companyos/receipts";
import { event, handle, opened, type Showing, sealed, storyLog, TestLog } from "../log.ts";

export interface Made {
  readonly log: TestLog;
  readonly input: string | Uint8Array;
  readonly options?: Partial<VerifyOptions>;
}

/** A bundle that must be refused with exactly this code. */
export interface RefusalCase {
  readonly code: RefusalCode;
  /** Completes "refuses …". */
  readonly what: string;
  readonly make: () => Promise<Made>;
}

let shared: Promise<{ log: TestLog; sub: string; text: string }> | undefined;

/** The story's bundle; every case starts from the same valid one. */
export function story(): Promise<{ log: TestLog; sub: string; text: string }> {
  shared ??= storyLog().then(async ({ log, sub }) => {
    const text = await log.bundle(sub, { disclose: ["namespace", "message"] });
    return { log, sub, text };
  });
  return shared;
}

/** The story's text, changed by somebody without keys. */
export function changedText(
  code: RefusalCode,
  what: string,
  change: (text: string) => string | Uint8Array,
): RefusalCase {
  const make = async (): Promise<Made> => {
    const { log, text } = await story();
    const input = change(text);
    if (input === text) throw new Error(`nothing was changed: ${what}`);
    return { log, input };
  };
  return { code, what, make };
}

/** The same, line by line. */
export function changedLines(
  code: RefusalCode,
  what: string,
  change: (lines: string[]) => string[],
): RefusalCase {
  return changedText(code, what, (text) => `${change(text.split("\n").slice(0, -1)).join("\n")}\n`);
}

/** The valid story, under other expectations. */
export function withOptions(
  code: RefusalCode,
  what: string,
  options: (log: TestLog) => Partial<VerifyOptions> | Promise<Partial<VerifyOptions>>,
): RefusalCase {
  const make = async (): Promise<Made> => {
    const { log, text } = await story();
    return { log, input: text, options: await options(log) };
  };
  return { code, what, make };
}

/** A bundle that its prover, who has the keys, made differently. */
export function provedFrom(
  code: RefusalCode,
  what: string,
  change: (source: BundleSource, log: TestLog) => BundleSource | Promise<BundleSource>,
  showing: Showing = {},
): RefusalCase {
  const make = async (): Promise<Made> => {
    const { log, sub } = await story();
    let input = "";
    for await (const line of writeBundle(await change(await log.source(sub, showing), log))) input += line;
    return { log, input };
  };
  return { code, what, make };
}

/** A log whose notary, who has the keys, wrote something else between genesis and seal. */
export function logged(
  code: RefusalCode,
  what: string,
  write: (log: TestLog, sub: string) => Promise<unknown>,
  showing: Showing = {},
): RefusalCase {
  const make = async (): Promise<Made> => {
    const log = await TestLog.open();
    const sub = handle();
    await log.add(sub, opened());
    await log.add(sub, event());
    await write(log, sub);
    await log.add(sub, sealed());
    return { log, input: await log.bundle(sub, showing) };
  };
  return { code, what, make };
}

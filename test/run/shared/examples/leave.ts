import { expect, jest, test } from "@jest/globals";

/** Of this module, which lies in a folder `test`. */
let counted = 0;

declare global {
  var leftByAFile: unknown;
}

const now = Date.now;
const { log } = console;

/** Finds everything as Node has it, and leaves nothing as it was. Two files do so, one after the other. */
export function leave(): void {
  test("finds all as it should be", () => {
    expect(globalThis.leftByAFile).toBeUndefined();
    expect(process.env.LEFT_BY_A_FILE).toBeUndefined();
    expect(process.env.HOME).toBeDefined();
    expect(process.listenerCount("SIGUSR2")).toBe(0);
    expect(process.exitCode).toBeUndefined();
    expect(process.cwd()).toBe(process.env.INIT_CWD);
    expect("leftByAFile" in Array.prototype).toBe(false);
    expect(String(now)).toContain("[native code]");
    expect(setTimeout).not.toHaveProperty("clock");
    expect(jest.isMockFunction(log)).toBe(false);
    expect(counted).toBe(0);
  });

  test("leaves it otherwise", () => {
    globalThis.leftByAFile = true;
    process.env.LEFT_BY_A_FILE = "yes";
    delete process.env.HOME;
    process.on("SIGUSR2", () => undefined);
    process.exitCode = 3;
    process.chdir("/");
    Object.assign(Array.prototype, { leftByAFile: true });
    Date.now = () => 0;
    jest.spyOn(console, "log").mockReturnValue();
    jest.useFakeTimers();
    counted++;
    expect(counted).toBe(1);
  });
}

/** Jest's `testEnvironment` for the pure tests: Node's own globals. What a file changes of them is put back after it. */

import type { EnvironmentContext, JestEnvironment, JestEnvironmentConfig } from "@jest/environment";
import { ModernFakeTimers } from "@jest/fake-timers";
import { ModuleMocker } from "jest-mock";
import { remember } from "./remember.ts";
import { withPaths } from "./runtime.ts";

export default class SharedEnvironment implements JestEnvironment {
  readonly #putBack = remember();
  readonly global = globalThis as unknown as JestEnvironment["global"];
  readonly moduleMocker = new ModuleMocker(globalThis);
  readonly fakeTimers = null;
  readonly fakeTimersModern: ModernFakeTimers;

  constructor({ projectConfig }: JestEnvironmentConfig, _: EnvironmentContext) {
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
  }

  /** There is none: it is Node's own. */
  getVmContext(): null {
    return null;
  }

  /** Jest's formatter of stacks is in place by now. */
  async setup(): Promise<void> {
    const format = Error.prepareStackTrace;
    if (format) Error.prepareStackTrace = (error, frames) => withPaths(String(format(error, frames)));
  }

  async teardown(): Promise<void> {
    this.fakeTimersModern.dispose();
    this.#putBack();
  }
}

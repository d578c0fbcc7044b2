/** Group commit: everything asked for while one write is under way shares the next, in the order it was asked for. */

export interface GroupCommitOptions<Operation> {
  /** Of one write, at most so many operations … */
  readonly maxCount: () => number;
  /** … and none more once they are so many bytes. */
  readonly maxBytes: number;
  readonly bytesOf: (operation: Operation) => number;
  /** Durable when resolved: all of them, or none. */
  readonly write: (operations: readonly Operation[]) => Promise<void>;
  /** After each write that succeeded. */
  readonly written: () => void;
  /** After each that did not: what those who asked for it are told. */
  readonly failed: (error: unknown) => Promise<Error>;
}

interface Command<Operation> {
  readonly operation: Operation;
  resolve(): void;
  reject(error: unknown): void;
}

export class GroupCommit<Operation> {
  readonly #options: GroupCommitOptions<Operation>;
  #commands: Command<Operation>[] = [];
  #busy = false;
  #idle: Promise<void> = Promise.resolve();

  constructor(options: GroupCommitOptions<Operation>) {
    this.#options = options;
  }

  /** Durable when resolved. */
  submit(operation: Operation): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#commands.push({ operation, resolve, reject });
      if (this.#busy) return;
      this.#busy = true;
      this.#idle = this.#writeAll();
    });
  }

  /** Resolves when everything that was asked for is written, or was told that it cannot be. */
  async idle(): Promise<void> {
    while (this.#busy) await this.#idle;
  }

  async #writeAll(): Promise<void> {
    const { write, written, failed } = this.#options;
    // Everything that is asked for in this turn of the event loop goes into the first batch.
    await Promise.resolve();
    while (this.#commands.length > 0) {
      const batch = this.#takeBatch();
      try {
        await write(batch.map(({ operation }) => operation));
        for (const { resolve } of batch) resolve();
        written();
      } catch (error) {
        const refusal = await failed(error);
        for (const { reject } of batch) reject(refusal);
      }
    }
    this.#busy = false;
  }

  #takeBatch(): Command<Operation>[] {
    const { bytesOf, maxBytes } = this.#options;
    const maxCount = this.#options.maxCount();
    let bytes = 0;
    let count = 0;
    for (const { operation } of this.#commands) {
      if (count >= maxCount || bytes >= maxBytes) break;
      bytes += bytesOf(operation);
      count++;
    }
    return this.#commands.splice(0, count);
  }
}

/** What runs until it is stopped. */
export interface Running {
  /** Resolves when nothing of it runs any more. */
  stop(): Promise<void>;
}

/**
 * Starts something in steps. Each step that leaves something running puts on the stack how that is ended: `stop` ends
 * all of it, the latest first. When a step fails, what runs already is ended the same way, and the error is thrown.
 */
export async function start<T extends object>(
  steps: (stack: AsyncDisposableStack) => Promise<T>,
): Promise<T & Running> {
  const stack = new AsyncDisposableStack();
  try {
    const started = await steps(stack);
    let stopping: Promise<void> | undefined;
    return { ...started, stop: () => (stopping ??= stack.disposeAsync()) };
  } catch (error) {
    await stack.disposeAsync().catch((later: unknown) => {
      throw new SuppressedError(later, error, "it did not start, and what had started could not be ended");
    });
    throw error;
  }
}

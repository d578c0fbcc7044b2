/** A sleep that others may end. */
export class Sleep {
  #wake: () => void = () => {};

  wake(): void {
    this.#wake();
  }

  /** Up to `ms`; ends early when woken and `enough`. */
  async for(ms: number, enough: () => boolean): Promise<void> {
    const end = performance.now() + ms;
    while (!enough()) {
      const left = end - performance.now();
      if (left <= 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

import { enough } from "./file-kinds.ts";

/** How something to be read begins, and the whole of it all the same. */
export async function begun(
  input: AsyncIterable<Uint8Array>,
): Promise<{ readonly begin: string; readonly whole: AsyncIterable<Uint8Array> }> {
  const iterator = input[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  for (let length = 0; length < enough; ) {
    const { done, value } = await iterator.next();
    if (done) break;
    read.push(value);
    length += value.length;
  }
  async function* whole() {
    try {
      yield* read;
      for (;;) {
        const { done, value } = await iterator.next();
        if (done) return;
        yield value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { begin: Buffer.concat(read).toString("utf8").slice(0, enough), whole: whole() };
}

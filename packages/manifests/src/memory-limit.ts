/** Number of the memory section, https://webassembly.github.io/spec/core/binary/modules.html#memory-section */
const memorySection = 5;
const headerBytes = 8;

/**
 * A module whose one memory grows to `maxPages` pages of 64 KiB and no further: Go's linker sets no limit, and a document
 * whose aliases expand would take what the machine has.
 * @throws TypeError when it has another number of memories, or a limit already
 */
export function withMemoryLimit(module: Uint8Array, maxPages: number): Uint8Array {
  for (let at = headerBytes; at < module.length; ) {
    const id = module[at];
    const size = unsigned(module, at + 1);
    const end = size.next + size.value;
    if (id === memorySection) {
      const count = unsigned(module, size.next);
      const flags = unsigned(module, count.next);
      const min = unsigned(module, flags.next);
      if (count.value !== 1 || flags.value !== 0) throw new TypeError("expected one memory without a limit");
      const content = [1, 1, ...encoded(min.value), ...encoded(maxPages)];
      const section = [memorySection, ...encoded(content.length), ...content];
      return Buffer.concat([module.subarray(0, at), Uint8Array.from(section), module.subarray(end)]);
    }
    at = end;
  }
  throw new TypeError("the module has no memory");
}

/** LEB128 */
function unsigned(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0;
  for (let shift = 0, next = at; ; shift += 7) {
    const byte = bytes[next++] ?? 0;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, next };
  }
}

function encoded(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...encoded(Math.floor(value / 0x80))];
}

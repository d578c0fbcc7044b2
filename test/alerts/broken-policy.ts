/**
 * Loaded before a program (`node --import`): on SIGUSR2, the memory of what it compiled to WebAssembly is overwritten, as a mistake
 * in it or a bad module of RAM would. The policy that decides is such a program.
 */
interface Memory {
  readonly buffer: ArrayBuffer;
}
/** Types of Node name it, and leave out what is in it. */
const wasm = (globalThis as unknown as { WebAssembly: { Memory: new (descriptor: object) => Memory } })
  .WebAssembly;

const memories: Memory[] = [];
wasm.Memory = class extends wasm.Memory {
  constructor(descriptor: object) {
    super(descriptor);
    memories.push(this);
  }
};

process.on("SIGUSR2", () => {
  for (const { buffer } of memories) new Uint8Array(buffer).fill(0xff);
});

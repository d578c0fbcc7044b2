/** As much of the WebAssembly JavaScript interface as is used here: its types come with those of browsers only. */
export interface Memory {
  /** Another one once the memory has grown. */
  readonly buffer: ArrayBuffer;
}

export interface Module {
  readonly compiled: unique symbol;
}

interface WebAssemblyInterface {
  compile(bytes: Uint8Array): Promise<Module>;
  readonly Instance: new (module: Module, imports: object) => { readonly exports: object };
}

export const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface };

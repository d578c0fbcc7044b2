/** One line on a terminal that is written over; nothing where nobody watches. */
export function progressOn(stream: { readonly isTTY?: boolean; write(text: string): unknown }): {
  show(text: string): void;
  clear(): void;
} {
  const write = (text: string) => {
    if (stream.isTTY) stream.write(`\r\u001b[2K${text}`);
  };
  return { show: write, clear: () => write("") };
}

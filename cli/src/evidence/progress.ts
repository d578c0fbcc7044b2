/** Shows progress on standard error once something takes long. */

const firstAfter = 3_000;
const every = 5_000;

/** `line`: the text to show. Returns the function that stops it. */
export function tellProgress(line: () => string, { stderr } = process): () => void {
  const tell = () => stderr.write(stderr.isTTY ? `\r\u001b[K${line()}` : `${line()}\n`);
  let timer = setTimeout(() => {
    tell();
    timer = setInterval(tell, stderr.isTTY ? 1_000 : every);
    timer.unref();
  }, firstAfter);
  timer.unref();
  return () => {
    clearTimeout(timer);
    if (stderr.isTTY) stderr.write("\r\u001b[K");
  };
}

/** `12.3 MB` */
export function sizeText(bytes: number): string {
  if (bytes < 10_000) return `${bytes} bytes`;
  return bytes < 10_000_000 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

import { didYouMean } from "../near-miss.ts";
import { jsonText } from "../terminal.ts";
import { codePage, codePages } from "./codes.ts";
import { listText, pageText } from "./print.ts";

/** Prints the page of a code, or the list of all. Throws for a code that there is not. */
export function explain(code: string | undefined, { output }: { readonly output: "text" | "json" }): void {
  if (code === undefined) {
    console.log(output === "json" ? jsonText(codePages) : listText(codePages));
    return;
  }
  const page = codePage(code);
  if (page === undefined) {
    const near = didYouMean(
      code,
      codePages.map((known) => known.code),
    );
    throw new Error(`there is no code ${code}${near || ": companyos explain lists those there are"}`);
  }
  const columns = Math.min(process.stdout.columns ?? 100, 100);
  console.log(output === "json" ? jsonText(page) : pageText(page, columns));
}

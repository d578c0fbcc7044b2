/** What `companyos` is in a checkout: every verb of the product, and `dev`, which needs the checkout's own ground. */
import { main as product } from "companyos";
import { dev } from "./verb.ts";

/** As `main` of the product. */
export const main = (argv: readonly string[]): Promise<void> => product(argv, [dev]);

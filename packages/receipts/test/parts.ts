/** Inner parts that tests of other rooms look at. */
export { contradiction } from "../src/verify/decide.ts";
export { unboundReasons } from "../src/verify/unbound.ts";

/** What `import … from "@jest/globals"` gives a pure test file: it is evaluated for each anew (`runtime.ts`). */

import { given } from "./given.ts";

export const { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest, test } = given();

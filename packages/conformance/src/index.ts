export { attempts, type CorpusOptions } from "./attempts.ts";
export { servedMakers } from "./custom-makers.ts";
export { findPlaces, NoPlace } from "./find-places.ts";
export { collection, deletion, type PodMaker, podMaker, podMakers } from "./kinds.ts";
export { type OutOfScope, outOfScope, unclaimedSetting } from "./out-of-scope.ts";
export type { Places } from "./places.ts";
export { type Refusal, refusalIn } from "./refusal.ts";
export { type ApiResponse, type Client, type Request, runLabel } from "./request.ts";
export { beyondAdmission, type Row, type RowId, rows } from "./rows.ts";
export {
  cleanUp,
  type Outcome,
  prepare,
  type RunOptions,
  tryAttempts,
  type Verdict,
} from "./runner.ts";
export { askAsStranger, type StrangersTry } from "./stranger.ts";
export type { Attempt } from "./way.ts";

import { constraintsIn } from "./constraints.ts";
import type { PodMaker } from "./kinds.ts";
import type { Places } from "./places.ts";
import { Random } from "./random.ts";
import type { Attempt, Way } from "./way.ts";
import { binding } from "./ways/binding.ts";
import { creating } from "./ways/creating.ts";
import { creatingCustom } from "./ways/creating-custom.ts";
import { editing } from "./ways/editing.ts";
import { excessive } from "./ways/excessive.ts";
import { forgedOwner } from "./ways/forged-owner.ts";
import { gated } from "./ways/gated.ts";
import { nodeName } from "./ways/node-name.ts";
import { scaling } from "./ways/scaling.ts";
import { unconstrained } from "./ways/unconstrained.ts";

/** How often each way comes: as many times in fourteen as it stands here. */
const mix: readonly Way[] = [
  creating,
  unconstrained,
  nodeName,
  binding,
  editing,
  gated,
  scaling,
  forgedOwner,
  excessive,
  binding,
  creating,
  creating,
  creating,
  creating,
];

export interface CorpusOptions {
  readonly seed: number;
  readonly count: number;
  readonly namespace: string;
  readonly places: Places;
  /** Names the run; objects are called `conformance-RUN-…` and carry it in their label. */
  readonly run: string;
  /** Custom kinds that the cluster serves, each tried once beyond `count`; default none. */
  readonly served?: readonly PodMaker[];
}

/** The same attempts for the same seed and places. The first nine try every way. */
export function attempts({ seed, count, namespace, places, run, served = [] }: CorpusOptions): Attempt[] {
  const random = new Random(seed);
  const constraints = random.shuffle(constraintsIn(places));
  let turn = 0;
  const constraint = () => constraints[turn++ % constraints.length]!;
  return Array.from({ length: count + served.length }, (_, index) => {
    const name = `conformance-${run}-${index}`;
    const custom = served[index - count];
    const way = custom ? creatingCustom(custom) : (mix[index] ?? random.pick(mix));
    return { name, ...way({ random, places, namespace, run, name, constraint }) };
  });
}

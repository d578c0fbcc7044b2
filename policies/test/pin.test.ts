/** The pin as a function: what it makes of what people write, and of what it wrote itself in whatever release. */
import { runs } from "@companyos/test/explored";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { pinned, pinState, repinned, unpinned } from "../src/index.ts";
import { named, one, region, required, term, vouched, zone } from "./topology.ts";

const single = ["eu-west-1"];
const several = ["eu-central-1", "eu-west-1"];
const ssd = one("disktype", "In", "ssd");
const word = (...regions: string[]) => one(vouched, "In", ...regions);
const pair = (...regions: string[]) => [one(region, "In", ...regions), word(...regions)];
const marker = one(vouched, "NotIn", "residency.companyos.io-none");
const selected = (value: string) => ({ nodeSelector: { [vouched]: value } });
type Spec = Record<string, unknown>;
const pin = (spec: Spec, regions: string[], options = {}) => pinned({ spec }, regions, [], options).spec;

describe("to one region it is equality, and no term is touched", () => {
  test.each<[string, Spec]>([
    ["nothing is said", {}],
    ["an empty term, which matches nothing, stays one", required({})],
    ["terms of its author stay", required(term(ssd), {}, named("x"))],
    ["other operators on our label are its author's", required(term(one(vouched, "Exists")))],
    ["the topology label is its author's", required(term(one(region, "In", "eu-west-1")))],
    ["what it selects by stays", { nodeSelector: { [zone]: "eu-west-1a" } }],
  ])("%s", (_, spec) => {
    const { nodeSelector = {} } = spec as { nodeSelector?: object };
    expect(pin(spec, single)).toEqual({ ...spec, nodeSelector: { ...nodeSelector, [vouched]: "eu-west-1" } });
  });

  test.each<[string, Spec, Spec]>([
    ["a list that was nothing but the pin goes", required(term(...pair("eu-west-1"))), {}],
    [
      "what its author wrote beside the pin stays",
      { affinity: { podAffinity: {}, ...(required(term(ssd, ...pair("eu-west-1"))).affinity as object) } },
      { affinity: { podAffinity: {}, ...(required(term(ssd)).affinity as object) } },
    ],
    [
      "an alternative that was nothing but the pin still leads anywhere within",
      required(term(ssd, ...pair("eu-west-1")), term(...pair("eu-west-1"))),
      required(term(ssd), term(word("eu-west-1"))),
    ],
    [
      "pins that piled up go together",
      required(term(ssd, ...pair("eu-west-1"), ...pair(...several), ...pair("eu-west-1"))),
      required(term(ssd)),
    ],
    [
      "a topology expression that stands by itself is its author's",
      required(term(one(region, "In", "eu-west-1"), ssd, word("eu-west-1"))),
      required(term(one(region, "In", "eu-west-1"), ssd)),
    ],
  ])("of an earlier form, %s", (_, before, after) => {
    const expected = { ...after, ...selected("eu-west-1") };
    expect(pin(before, single, { former: several })).toEqual(expected);
    expect(repinned({ spec: before }, single).spec).toEqual(expected);
  });
});

test("what was pinned while no region was allowed is replaced", () => {
  const nowhere = selected("residency.companyos.io-none");
  expect(pin(nowhere, single)).toEqual(selected("eu-west-1"));
  expect(pin(nowhere, several)).toEqual(required(term(word(...several))));
});

describe("to several regions it stands at the head of every term that is not empty", () => {
  test.each<[string, Spec, Spec]>([
    ["a term is made where there is none", {}, required(term(word(...several)))],
    ["an empty term stays as it is", required({}), required({})],
    [
      "before what a term says",
      required(term(one(zone, "Exists")), {}, named("x")),
      required(term(word(...several), one(zone, "Exists")), {}, { ...named("x"), ...term(word(...several)) }),
    ],
    ["equality of before there were more goes", selected("eu-west-1"), required(term(word(...several)))],
    [
      "an earlier form is replaced",
      required(term(ssd, ...pair(...several))),
      required(term(word(...several), ssd)),
    ],
  ])("%s", (_, before, after) => {
    expect(pin(before, several)).toEqual(after);
  });
});

test("regions that go by the topology label are an alternative of their own, told by its marker", () => {
  const options = { topologyPinned: ["eu-west-1"] };
  const listed = [one(region, "In", "eu-west-1"), marker];
  expect(pin({}, single, options)).toEqual(required(term(...listed)));
  expect(pin(required(term(ssd), {}), several, options)).toEqual(
    required(term(word("eu-central-1"), ssd), {}, term(...listed, ssd)),
  );
  expect(pin(required(term(...listed, ssd)), single)).toEqual({
    ...required(term(ssd)),
    ...selected("eu-west-1"),
  });
});

test("a region that was never the tenant's is left for the reader to refuse; one that was is replaced", () => {
  for (const spec of [
    selected("us-east-1"),
    required(term(ssd), term(word("eu-west-1", "us-east-1"))),
    required(term(one(region, "In", "us-east-1"), marker)),
  ]) {
    expect(pin(spec, single)).toEqual(spec);
    expect(pinState(pin(spec, single, { former: ["us-east-1"] }), single)).toBe("current");
    expect(pinState(repinned({ spec }, single).spec, single)).toBe("current");
  }
});

test("what is malformed is left alone", () => {
  for (const spec of [
    { nodeSelector: [] },
    { affinity: 1 },
    required(1),
    required({ matchExpressions: {} }),
    required(),
  ] as Spec[])
    expect(pin(spec, several)).toEqual(spec);
  expect(pinned({ spec: {} }, single, ["spec", "template"])).toEqual({ spec: {} });
});

test.each<[string, unknown, string]>([
  ["nothing", {}, "none"],
  ["terms of which one is not pinned", required(term(word(...several)), term(ssd)), "none"],
  ["the topology label alone", required(term(one(region, "In", ...several))), "none"],
  ["the pin of today", required(term(word(...several)), {}), "current"],
  ["the pin of an earlier release", required(term(...pair(...several))), "current"],
  ["no node at all", required({}), "current"],
  ["fewer regions", selected("eu-west-1"), "narrower"],
  ["a region too many", required(term(word(...several, "us-east-1"))), "stale"],
  ["another region, once", required(term(word("us-east-1"), word(...several))), "stale"],
])("the pin's state: %s", (_, spec, state) => {
  expect(pinState(spec, several)).toBe(state);
});

describe("whatever stands there", () => {
  const regions = fc
    .shuffledSubarray(["eu-central-1", "eu-west-1", "us-east-1"], { minLength: 1 })
    .map((all) => [...all].sort());
  const expression = fc.oneof(
    fc.constantFrom(ssd, one(zone, "Exists"), one(vouched, "Exists"), marker),
    regions.chain((all) => fc.constantFrom(word(...all), one(region, "In", ...all))),
  );
  const anyTerm = fc.oneof(
    fc.constantFrom<Spec>({}, named("x")),
    fc.array(expression, { maxLength: 5 }).map((all) => term(...all)),
  );
  const anySpec = fc.tuple(fc.array(anyTerm, { maxLength: 4 }), fc.option(regions)).map(
    ([terms, own]): Spec => ({
      ...(terms.length > 0 ? required(...terms) : {}),
      ...(own ? selected(own[0] as string) : {}),
    }),
  );
  const topologyPinned = fc.constantFrom([], ["eu-west-1"], ["eu-central-1", "eu-west-1"]);

  test("pinned again it is as pinned once, and from any regions to any others as at first", () => {
    fc.assert(
      fc.property(anySpec, regions, regions, topologyPinned, (spec, before, after, listed) => {
        const to = (from: Spec, all: string[]) =>
          repinned({ spec: from }, all, [], { topologyPinned: listed.filter((one) => all.includes(one)) })
            .spec;
        const once = to(spec, after);
        expect(to(once, after)).toEqual(once);
        const author = unpinned({ spec }).spec;
        fc.pre(JSON.stringify(unpinned({ spec: author }).spec) === JSON.stringify(author));
        expect(to(to(author, before), after)).toEqual(to(author, after));
      }),
      { numRuns: runs(3_000) },
    );
  });

  test("unpinned, what an author wrote is there again", () => {
    fc.assert(
      fc.property(anySpec, regions, topologyPinned, (spec, all, listed) => {
        const author = unpinned({ spec }).spec;
        fc.pre(JSON.stringify(unpinned({ spec: author }).spec) === JSON.stringify(author));
        const made = repinned({ spec: author }, all, [], { topologyPinned: listed }).spec;
        expect(unpinned({ spec: made }).spec).toEqual(author);
      }),
      { numRuns: runs(3_000) },
    );
  });
});

/** Limits that texts name: each text has the number that the code has. */
import {
  maxDepth,
  maxFileBytes,
  maxFileJsonBytes,
  maxTotalJsonBytes,
  mostCostly,
  mostDocuments,
  mostTime,
  mostTotalTime,
  mostUnreadable,
} from "@companyos/manifests";
import { maxOwed, maxOwedAgeMs, maxOwedForMany, maxOwedInAll } from "@companyos/operator/testing/parts";
import { defaultLimits } from "@companyos/outbox";
import { expect, test } from "@jest/globals";
import { textOf } from "./pages.ts";

const number = (n: number) => n.toLocaleString("en-US");
const mebibytes = (bytes: number) => `${bytes / 2 ** 20} MiB`;
const words: Readonly<Record<number, string>> = { 3: "three", 5: "five", 100: "a hundred" };
const word = (n: number) => words[n] ?? String(n);
const capitalized = (text: string) => text[0]!.toUpperCase() + text.slice(1);

const { records, bytes } = defaultLimits;
const [full, fullOnDisk] = [number(records), mebibytes(bytes)];
const seconds = `${mostTime / 1000} seconds`;
const minutes = `${word(mostTotalTime / 60_000)} minutes`;
const inFiles = { json: mebibytes(maxFileJsonBytes), all: mebibytes(maxTotalJsonBytes) };
const days = `${maxOwedAgeMs / (24 * 3600_000)} days`;

const named: Readonly<Record<string, readonly string[]>> = {
  "packages/service/src/catalogue/shared.ts": [`at ${full} it is full`, `at ${fullOnDisk} it is full`],
  "charts/companyos/files/alerts.yaml": [
    `residency_journal_backlog_records > ${records / 2} or residency_journal_backlog_bytes > ${bytes / 2}'`,
  ],
  "docs/runbooks/JournalBacklogLarge.md": [
    `${number(records / 2)} of ${full} records, or ${bytes / 2 / 2 ** 20} of ${fullOnDisk}`,
  ],
  "docs/runbooks/NotaryUnreachable.md": [`At ${full} records or ${fullOnDisk} a region`],
  "docs/operations.md": [`(${full} records or ${fullOnDisk} a region)`],
  "packages/outbox/src/outbox.ts": [`Default ${full}.`, `Default ${fullOnDisk}.`],
  "packages/service/src/catalogue/operator.ts": [
    `more than ${number(maxOwed)} did for one tenant or node (${number(maxOwedForMany)} for`,
    `more than ${number(maxOwedInAll)} for one controller, or for ${days}`,
  ],
  "docs/runbooks/ReceiptsGivenUp.md": [
    `more than ${number(maxOwed)} waited for one tenant or node (${number(maxOwedForMany)} for`,
    `more than ${number(maxOwedInAll)} for one controller, or they waited for ${days}`,
  ],
  "cli/src/verbs/check.ts": [
    `Limits: ${mebibytes(maxFileBytes)} a file`,
    `${inFiles.json} for all of a file`,
    `${maxDepth} lists and maps inside each other`,
    `after ${word(mostCostly)} documents that are too large, ${word(mostUnreadable)} that cannot be read, ${number(mostDocuments)}, or ${seconds}`,
    `together: ${inFiles.all} of JSON and ${minutes}`,
  ],
  "policies/src/reasons/files.ts": [
    `${capitalized(word(mostCostly))} of its documents are larger than is read, ${word(mostUnreadable)} cannot be read, ${number(mostDocuments)} stand before`,
    `more than ${seconds}`,
    `more than ${inFiles.json} of JSON`,
    `more than ${inFiles.all} of it, or took more than ${minutes}`,
    `More than ${maxDepth} lists and maps inside each other`,
  ],
  "docs/pipelines.md": [
    `| a file, or standard input | ${mebibytes(maxFileBytes)} |`,
    `| all documents of a file, their aliases followed | ${inFiles.json} of JSON |`,
    `too large or too deep | ${mostCostly};`,
    `| documents of a file | ${number(mostDocuments)}; ${mostUnreadable} that cannot be read |`,
    `| reading a file | ${seconds};`,
    `| ${inFiles.all} of JSON, ${minutes};`,
    `| lists and maps inside each other | ${maxDepth} |`,
  ],
  "packages/manifests/go/main.go": [`maxDepth     = ${maxDepth}\n`],
};

test.each(Object.entries(named))("%s names the limits that there are", (file, texts) => {
  const text = textOf(file);
  expect(texts.filter((one) => !text.includes(one))).toEqual([]);
});

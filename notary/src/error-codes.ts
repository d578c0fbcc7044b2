/** What a notary says where it does not do as it was asked, for people. Part of the protocol: stable. */
export const notaryErrorCodes = {
  halted:
    "what its store holds contradicts itself, and the log has stopped: a person has to look, see [the runbook](runbooks/LogHalted.md)",
  lost: "another writer committed first, and nothing of this request was kept: send it again",
  unavailable: "its store does not respond now: try again",
  busy: "too much is waiting already: try again later",
  stopping: "it is being stopped: try again, where another takes its place",
  conflict:
    "the same journal sent the same offset before, with other content: two senders share a journal, or one went back in time",
  gap: "records are missing before these; `expected` says from where to send",
  denied: "whoever asked may not: auditors and the tenant's owners may read, the product's own accounts send",
  since_foreign: "the checkpoint to prove from is another log's: name the log that it is of",
  since_forged:
    "the checkpoint to prove from bears this log's name, and not its signature: somebody made it up",
  since_ahead:
    "the log signed the checkpoint over more than it has: it was rolled back. Keep that note, it proves it",
  since_split:
    "the log signed another history under the checkpoint: two were shown. Keep that note, it proves it",
  bad_request: "the question is malformed: the message says what is expected",
  unknown: "this log has no such tenant, receipt or journal",
} as const;

export type NotaryErrorCode = keyof typeof notaryErrorCodes;

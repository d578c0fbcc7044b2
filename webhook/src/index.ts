export { type Admission, type AdmissionOptions, createAdmission } from "./admission.ts";
export type { AdmissionAnswer } from "./answer.ts";
export type { CallerOptions } from "./callers.ts";
export { type Judgement, type JudgementOptions, judgeRequest } from "./judgement.ts";
export { type AdmissionMetrics, admissionMetrics } from "./metrics.ts";
export type { CertificateOptions, RunningWebhook, WebhookOptions } from "./options.ts";
export { createRepeatWindows, type Journal, type RepeatWindows } from "./repeat-window.ts";
export { type AdmissionRequest, parseReview, ReviewError } from "./review.ts";
export { runWebhook } from "./run.ts";

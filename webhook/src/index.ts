export { type Admission, type AdmissionOptions, createAdmission } from "./admission.ts";
export type { CallerOptions } from "./callers.ts";
export { type AdmissionDecision, type DecideOptions, decideRequest } from "./decide-request.ts";
export { type AdmissionMetrics, admissionMetrics } from "./metrics.ts";
export type { CertificateOptions, RunningWebhook, WebhookOptions } from "./options.ts";
export { createRepeatWindows, type Journal, type RepeatWindows } from "./repeat-window.ts";
export type { AdmissionResponse } from "./response.ts";
export { type AdmissionRequest, parseReview, ReviewError } from "./review.ts";
export { runWebhook } from "./run.ts";

export interface VerifyFlags {
  readonly trust: string;
  readonly tenant?: string;
  readonly audience?: string;
  readonly nonce?: string;
  readonly maxAge?: number;
  readonly pin: readonly string[];
  readonly allowIncomplete?: boolean;
  readonly metricsFile?: string;
  readonly output: "text" | "json";
}

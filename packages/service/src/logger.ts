/** One JSON object a line on stderr: `{time, level, msg, role, …fields}`. */

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Record<string, unknown>;

export interface Logger {
  debug(msg: string, fields?: LogFields): void;
  info(msg: string, fields?: LogFields): void;
  warn(msg: string, fields?: LogFields): void;
  error(msg: string, fields?: LogFields): void;
  /** A logger whose every line carries these fields too. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  role: string;
  /** Lowest level printed; default `COMPANYOS_LOG_LEVEL`, else `info`. */
  level?: LogLevel | undefined;
  /** Where lines go; default stderr. */
  write?: ((line: string) => void) | undefined;
  now?: (() => Date) | undefined;
}

const RANK: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };
const SECRET_NAME = /^(authorization|token|bearer|password|passwd|secret|private_?key|client_?key|cookie)$/i;
/** Anything shaped like a JWT, a bearer header or a PEM private key, wherever it turns up. */
const SECRET_VALUE =
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|\bBearer\s+\S+|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(-----END [A-Z ]*PRIVATE KEY-----)?/g;
const MAX_TEXT = 4096;
const MAX_DEPTH = 6;

export function createLogger(options: LoggerOptions): Logger {
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const now = options.now ?? (() => new Date());
  const lowest = RANK[options.level ?? levelOf(process.env.COMPANYOS_LOG_LEVEL)];
  const make = (base: LogFields): Logger => {
    const log = (level: LogLevel, msg: string, fields?: LogFields) => {
      if (RANK[level] < lowest) return;
      const line = { time: now().toISOString(), level, msg, ...base, ...fields };
      write(`${JSON.stringify(plain(line, 0))}\n`);
    };
    return {
      debug: (msg, fields) => log("debug", msg, fields),
      info: (msg, fields) => log("info", msg, fields),
      warn: (msg, fields) => log("warn", msg, fields),
      error: (msg, fields) => log("error", msg, fields),
      child: (fields) => make({ ...base, ...fields }),
    };
  };
  return make({ role: options.role });
}

function levelOf(text: string | undefined): LogLevel {
  return text !== undefined && Object.hasOwn(RANK, text) ? (text as LogLevel) : "info";
}

/** A copy that JSON can print: errors as name, code, message and stack; secrets blanked; depth and length bounded. */
function plain(value: unknown, depth: number): unknown {
  if (typeof value === "string") return text(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "…";
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => plain(item, depth + 1));
  const out: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(isError(value) ? errorFields(value) : value)) {
    out[key] = SECRET_NAME.test(key) ? "[hidden]" : plain(item, depth + 1);
  }
  return out;
}

// Errors of Node's own modules come from another realm under test runners, so `instanceof` is not enough.
function isError(value: object): value is Error {
  return value instanceof Error || ("message" in value && "stack" in value);
}

function errorFields(error: Error & { code?: unknown }): LogFields {
  const { name, message, stack, code, cause } = error;
  return {
    name,
    message,
    ...(code === undefined ? {} : { code }),
    ...(cause === undefined ? {} : { cause }),
    stack: stack?.split("\n").slice(1, 8).join("\n"),
  };
}

function text(value: string): string {
  const safe = value.replace(SECRET_VALUE, "[hidden]");
  return safe.length > MAX_TEXT ? `${safe.slice(0, MAX_TEXT)}…` : safe;
}

/** Where the API server is and how to sign in. */

/** TLS material as node:tls takes it. */
export interface TlsMaterial {
  ca?: string | Buffer | undefined;
  cert?: string | Buffer | undefined;
  key?: string | Buffer | undefined;
  servername?: string | undefined;
  rejectUnauthorized?: boolean | undefined;
}

export interface SignIn {
  headers: Record<string, string | string[]>;
  /** The same object as long as nothing changed: another one means that connections must be made anew. */
  tls: TlsMaterial;
}

export interface Credentials {
  /** API server URL without trailing slash. */
  readonly server: string;
  readonly namespace: string | undefined;
  /** Asked before every request, so it gives what it remembers nearly always. */
  current(): Promise<SignIn>;
  /** The server responded 401: forget what is remembered. */
  refresh(): void;
}

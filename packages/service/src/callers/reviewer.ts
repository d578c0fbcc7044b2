/** Who somebody is, as a TokenReview says (`authentication.k8s.io/v1`, UserInfo). */
export interface User {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What somebody wants to do, as a SubjectAccessReview asks (`authorization.k8s.io/v1`, ResourceAttributes). */
export interface ResourceAttributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  /** One object; absent: any of them. */
  readonly name?: string;
}

/** Asks an API server. Nothing is remembered and nothing is limited here. */
export interface Reviewer {
  /** Undefined when the token is nobody's. Rejects when it cannot be told now. */
  reviewToken(token: string): Promise<User | undefined>;
  /** Whether the user may. Rejects when it cannot be told now. */
  reviewAccess(user: User, attributes: ResourceAttributes): Promise<boolean>;
}

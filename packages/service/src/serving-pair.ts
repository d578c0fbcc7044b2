/** PEM; the certificate's chain leaf first. */
export interface ServingPair {
  readonly cert: string;
  readonly key: string;
}

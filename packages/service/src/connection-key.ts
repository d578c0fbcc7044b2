import type { Socket } from "node:net";

/** The socket that is accepted and the one that TLS makes of it are two; this is the same for both, while it is open. */
export const connectionKey = ({ remoteAddress, remotePort, localPort }: Socket): string =>
  `${remoteAddress}|${remotePort}|${localPort}`;

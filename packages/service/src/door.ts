import { BlockList, type SocketAddress } from "node:net";

/**
 * Says which connections a server takes. Node asks a server's block list before it makes anything of a connection: one
 * that is refused here costs a fraction of a socket that is made and destroyed, and of TLS nothing.
 */
export class Door extends BlockList {
  /** Whether an address may open another connection. Default: any may. */
  mayOpen: (address: string) => boolean = () => true;

  override check(address: string | SocketAddress): boolean {
    return !this.mayOpen(typeof address === "string" ? address : address.address);
  }
}

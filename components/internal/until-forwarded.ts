import { connect } from "node:net";

const mostSeconds = 10;
const pauseMilliseconds = 200;

/**
 * Waits until something listens at an address of this machine, or some seconds are over. A refresh asks for everything
 * at once, and the port-forward to Vault may not be open yet.
 */
export async function untilForwarded(address: string): Promise<void> {
  const { hostname, port } = new URL(address);
  const end = Date.now() + mostSeconds * 1000;
  while (!(await listens(hostname, Number(port))) && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds));
  }
}

async function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

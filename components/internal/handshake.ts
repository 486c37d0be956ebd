import * as tls from "node:tls";

/**
 * Makes one TLS handshake and gives what `read` takes from it. Nothing is sent.
 *
 * @throws Error when nothing answers in time, or when the options want a certificate that is not served.
 */
export async function handshake<T>(
  options: tls.ConnectionOptions,
  timeoutSeconds: number,
  read: (socket: tls.TLSSocket) => T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect(options);
    socket.setTimeout(timeoutSeconds * 1000, () =>
      socket.destroy(new Error(`no answer within ${timeoutSeconds} s`)),
    );
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("the connection was closed before a handshake")));
    socket.once("secureConnect", () => {
      const answer = read(socket);
      socket.destroy();
      resolve(answer);
    });
  });
}

import * as net from "node:net";

export interface RelayOptions {
  /** Port of 127.0.0.1 to listen at; 0 for any that is free. */
  port: number;
  /** Tells relays that lead to the same place from all else that may listen at a port. */
  identity: string;
  /** Takes over the connection of a client, which is paused. */
  lead: (client: net.Socket) => void;
}

export interface Relay {
  port: number;
  /** Ends it with all its connections. */
  close: () => void;
}

/** How every TLS connection begins. */
const handshakeByte = 0x16;

const takeOverMilliseconds = 250;
const answerMilliseconds = 1000;

/**
 * Listens at a port of this machine for TLS connections. Whoever sends something else is told the relay's identity.
 *
 * A relay of the same identity may listen there already, in another process: a preview may run beside an up. It is left
 * to do the work, and this one takes its place as soon as it is gone.
 *
 * @returns undefined where something else has the port.
 */
export async function openRelay(options: RelayOptions): Promise<Relay | undefined> {
  const clients = new Set<net.Socket>();
  const server = net.createServer((client) => {
    clients.add(client);
    client.on("close", () => clients.delete(client));
    // What becomes of it is seen at its close.
    client.on("error", () => undefined);
    client.once("data", (first) => receive(client, first, options));
  });
  // A command that has done its work is not to wait for further clients.
  server.unref();

  const { port } = options;
  let waiting: NodeJS.Timeout | undefined;
  if (!(await listens(server, port))) {
    if (!(await isRelay(port, options.identity))) {
      return undefined;
    }
    waiting = setInterval(() => {
      void listens(server, port).then((mine) => mine && clearInterval(waiting));
    }, takeOverMilliseconds);
    waiting.unref();
  }
  return {
    port: port || (server.address() as net.AddressInfo).port,
    close: () => {
      clearInterval(waiting);
      server.close();
      clients.forEach((client) => client.destroy());
    },
  };
}

function receive(client: net.Socket, first: Buffer, { identity, lead }: RelayOptions): void {
  if (first[0] !== handshakeByte) {
    client.end(`${identity}\n`);
    return;
  }
  client.pause();
  client.unshift(first);
  lead(client);
}

/** Whether the server listens now; false where the port is taken, or must not be had. */
async function listens(server: net.Server, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (mine: boolean) => {
      server.removeAllListeners("error");
      server.removeAllListeners("listening");
      resolve(mine);
    };
    server.once("error", () => done(false));
    server.once("listening", () => done(true));
    server.listen(port, "127.0.0.1");
  });
}

/** Whether a relay of this identity listens at a port. */
async function isRelay(port: number, identity: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: "127.0.0.1" });
    let answer = "";
    socket.setTimeout(answerMilliseconds, () => socket.destroy());
    socket.on("error", () => undefined);
    socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
    socket.on("close", () => resolve(answer === `${identity}\n`));
    socket.write("?");
  });
}

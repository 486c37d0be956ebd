import * as pulumi from "@pulumi/pulumi";
import { pageAnswer } from "./page-answer";
import { HandshakeTarget, ServedCertificate, trustedHandshake } from "./trusted-handshake";

export interface HandshakeInputs extends HandshakeTarget {
  timeoutSeconds: number;
  /** Path of a page that has to answer, not only its certificate to be trusted. */
  path?: string;
  /** Commands that show why the certificate is not served, for the error. */
  lookAt: string;
}

interface HandshakeOutputs extends ServedCertificate, HandshakeTarget {}

const pauseSeconds = 2;
const reportSeconds = 15;

/** A handshake, and where a page is named, its answer. */
async function proof(inputs: HandshakeInputs, timeoutSeconds: number): Promise<ServedCertificate> {
  const served = await trustedHandshake(inputs, timeoutSeconds);
  if (inputs.path !== undefined) {
    await pageAnswer(inputs, inputs.path, timeoutSeconds);
  }
  return served;
}

async function handshakeUntilTrusted(inputs: HandshakeInputs): Promise<HandshakeOutputs> {
  const { address, port, serverName, trustedRootPem } = inputs;
  const target = { address, port, serverName, trustedRootPem };
  const started = Date.now();
  let reported = started;
  for (;;) {
    try {
      return { ...target, ...(await proof(inputs, 10)) };
    } catch (error) {
      const reason = (error as Error).message;
      const waited = Math.round((Date.now() - started) / 1000);
      if (waited >= inputs.timeoutSeconds) {
        throw new Error(
          `https://${serverName} at ${address}:${port} cannot be opened by a client that trusts only the root, after ${waited} s: ${reason}. Look at: ${inputs.lookAt}`,
          { cause: error },
        );
      }
      if (Date.now() - reported >= reportSeconds * 1000) {
        reported = Date.now();
        console.log(
          `waiting for https://${serverName} at ${address}:${port} to open with only the root trusted, ${waited} s so far: ${reason}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, pauseSeconds * 1000));
    }
  }
}

export const handshakeProvider: pulumi.dynamic.ResourceProvider<HandshakeInputs, HandshakeOutputs> = {
  // Every run proves the page anew; a renewed certificate shows as a change of this resource.
  async diff(_id: string, olds: HandshakeOutputs, news: HandshakeInputs) {
    const moved = (["address", "port", "serverName", "trustedRootPem"] as const).some(
      (key) => olds[key] !== news[key],
    );
    if (moved) {
      return { changes: true };
    }
    const served = await proof(news, 5).catch(() => undefined);
    return { changes: served?.fingerprint !== olds.fingerprint };
  },

  async create(inputs: HandshakeInputs) {
    return { id: inputs.serverName, outs: await handshakeUntilTrusted(inputs) };
  },

  async update(_id: string, _olds: HandshakeOutputs, news: HandshakeInputs) {
    return { outs: await handshakeUntilTrusted(news) };
  },
};

/** A handshake that was seen to be trusted. */
export class HandshakeResource extends pulumi.dynamic.Resource {
  declare readonly notBefore: pulumi.Output<string>;
  declare readonly notAfter: pulumi.Output<string>;
  declare readonly chainSubjects: pulumi.Output<string[]>;

  constructor(
    name: string,
    inputs: { [K in keyof HandshakeInputs]: pulumi.Input<HandshakeInputs[K]> },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      handshakeProvider,
      name,
      {
        notBefore: undefined,
        notAfter: undefined,
        chainSubjects: undefined,
        fingerprint: undefined,
        ...inputs,
      },
      opts,
      "cert-manager-vault",
      "Handshake",
    );
  }
}

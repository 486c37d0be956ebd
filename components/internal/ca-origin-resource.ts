import * as pulumi from "@pulumi/pulumi";

export interface CaOriginInputs {
  /** The setting caOrigin. */
  origin: string;
  /** SHA-256 of the owner's root that Vault is to hold itself; empty for other origins. */
  rootFingerprint: string;
  /** Whether that root's key is in the settings. */
  keyGiven: boolean;
  /** Whether a certificate that was signed offline is in the settings. */
  signed: boolean;
}

type Remembered = Omit<CaOriginInputs, "keyGiven">;

function remembered({ origin, rootFingerprint, signed }: CaOriginInputs): Remembered {
  return { origin, rootFingerprint, signed };
}

/** What is wrong with the settings after what was there before, which is nothing in a new stack. */
function faults(olds: Partial<CaOriginInputs>, news: CaOriginInputs): { property: string; reason: string }[] {
  if (olds.origin !== undefined && olds.origin !== news.origin) {
    return [
      {
        property: "origin",
        reason:
          `caOrigin: this stack's CA is of the origin ${olds.origin}, and ${news.origin} would be another CA, with a root that ` +
          `no client trusts yet: put back ${olds.origin}, or build the stack anew: pulumi destroy, then pulumi up`,
      },
    ];
  }
  if (news.origin === "import-root" && !news.keyGiven && olds.rootFingerprint !== news.rootFingerprint) {
    return [
      {
        property: "keyGiven",
        reason:
          "caBundle: holds a root without its key, and Vault has not been given this root's key before: add the key for one " +
          "run; it can be taken out again afterwards",
      },
    ];
  }
  if (olds.signed && !news.signed) {
    return [
      {
        property: "signed",
        reason:
          "signedCaCertificate: was set and is not any more, and without it the CA and all that it has issued would have to " +
          "go: put it back",
      },
    ];
  }
  return [];
}

export const caOriginProvider: pulumi.dynamic.ResourceProvider<CaOriginInputs, Remembered> = {
  // Called in previews as well, with what the run before was given.
  async check(olds: Partial<CaOriginInputs>, news: CaOriginInputs) {
    return { inputs: news, failures: faults(olds, news) };
  },

  async diff(_id: string, olds: Remembered, news: CaOriginInputs) {
    const { origin, rootFingerprint, signed } = news;
    return {
      changes: olds.origin !== origin || olds.rootFingerprint !== rootFingerprint || olds.signed !== signed,
    };
  },

  async create(inputs: CaOriginInputs) {
    return { id: "ca-origin", outs: remembered(inputs) };
  },

  async update(_id: string, _olds: Remembered, news: CaOriginInputs) {
    return { outs: remembered(news) };
  },
};

/** Remembers where the stack's CA has come from, so that a change that nobody's trust would survive is refused. */
export class CaOriginResource extends pulumi.dynamic.Resource {
  constructor(name: string, inputs: CaOriginInputs, opts?: pulumi.CustomResourceOptions) {
    super(caOriginProvider, name, { ...inputs }, opts, "cert-manager-vault", "CaOrigin");
  }
}

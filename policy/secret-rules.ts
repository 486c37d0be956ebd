import type { ResourceValidationPolicy } from "@pulumi/policy";

/** Texts that are secrets by their looks: a private key, a token of Vault. */
const secretLooks = /-----BEGIN [A-Z ]*PRIVATE KEY-----|\bhvs\.[A-Za-z0-9_-]{20,}|\bs\.[A-Za-z0-9]{24}\b/;

/** Kubernetes objects whose content anybody who may read the namespace sees, by type, with what of them is looked at. */
const readable: [type: RegExp, what: string[]][] = [
  [/^kubernetes:core\/v1:ConfigMap$/, ["data", "metadata"]],
  [/^kubernetes:core\/v1:(Pod|Service|ServiceAccount)$/, ["metadata", "spec"]],
  [/^kubernetes:(apps|batch)\/v1:/, ["metadata", "spec"]],
  [/^kubernetes:networking\.k8s\.io\/v1:Ingress$/, ["metadata", "spec"]],
  [/^kubernetes:helm\.sh\/v3:Release$/, ["values"]],
  [/^kubernetes:cert-manager\.io\/v1:/, ["metadata", "spec"]],
];

const inClear: ResourceValidationPolicy = {
  name: "no-secret-in-clear",
  description:
    "No private key and no token of Vault in an object that is no Secret, nor in a Helm release's values.",
  validateResource: ({ type, name, props }, report) => {
    const [, parts = []] = readable.find(([pattern]) => pattern.test(type)) ?? [];
    for (const part of parts) {
      if (secretLooks.test(JSON.stringify(props[part] ?? null))) {
        report(`the ${part} of ${name} hold a private key or a token of Vault: put it into a Secret`);
      }
    }
  },
};

const storedToken: ResourceValidationPolicy = {
  name: "no-stored-service-account-token",
  description: "No token of a ServiceAccount that lives for ever; what needs one asks for one that ends.",
  validateResource: ({ type, name, props }, report) => {
    if (type === "kubernetes:core/v1:Secret" && props.type === "kubernetes.io/service-account-token") {
      report(`${name} is a ServiceAccount's token without an end`);
    }
  },
};

const storedReviewer: ResourceValidationPolicy = {
  name: "no-stored-token-reviewer",
  description:
    "Vault checks ServiceAccounts' tokens by its own pod's token, and by none that is stored in it.",
  validateResource: ({ type, props }, report) => {
    if (type === "vault:kubernetes/authBackendConfig:AuthBackendConfig" && props.tokenReviewerJwt) {
      report(`the auth method ${props.backend} is given a tokenReviewerJwt, which somebody has to renew`);
    }
  },
};

export const secretRules = [inClear, storedToken, storedReviewer];

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { CertificateUsage, KeyType } from "../certificate-profile";
import { CertificateSecretResource } from "./certificate-secret-resource";
import { IssuanceResource } from "./issuance-resource";
import { ownMetadata, waitUntilReady } from "./own-metadata";
import { leastKeyBits } from "./pki-role";

/** A Certificate that proves an issuer, and where it is. */
export interface CanaryWish {
  issuerKind: "ClusterIssuer" | "Issuer";
  issuerName: string;
  namespace: pulumi.Input<string>;
  canaryDnsName: pulumi.Input<string>;
  /** Whether its Secret is deleted with it, or else only with the namespace. */
  deleteSecret: boolean;
  usage?: CertificateUsage;
  keyType?: KeyType;
  keyBits?: number;
  /** As the Kubernetes provider's setting; the setting where there is none. */
  kubeconfig?: pulumi.Input<string>;
  kubernetesContext?: pulumi.Input<string>;
}

/** A Certificate that nobody uses: its first issuance proves the whole path, its renewals keep proving it. */
export function createCanary(
  name: string,
  wish: CanaryWish,
  issuer: pulumi.Resource,
  opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
  const canaryName = `${wish.issuerName}-canary`;
  const where = {
    namespace: wish.namespace,
    name: canaryName,
    kubeconfig: wish.kubeconfig,
    context: wish.kubernetesContext,
  };
  const issuance = new IssuanceResource(`${name}-canary-issuance`, where, {
    parent: opts.parent,
    dependsOn: issuer,
  });
  const secret = wish.deleteSecret
    ? [new CertificateSecretResource(`${name}-canary-secret`, where, { parent: opts.parent })]
    : [];
  return new k8s.apiextensions.CustomResource(
    `${name}-canary`,
    {
      apiVersion: "cert-manager.io/v1",
      kind: "Certificate",
      metadata: ownMetadata({ name: canaryName, namespace: wish.namespace, annotations: waitUntilReady }),
      spec: {
        secretName: canaryName,
        dnsNames: [wish.canaryDnsName],
        privateKey: { ...keyOf(wish), rotationPolicy: "Always" },
        ...usagesOf(wish),
        issuerRef: { name: wish.issuerName, kind: wish.issuerKind, group: "cert-manager.io" },
      },
    },
    { ...opts, dependsOn: [issuer, issuance, ...secret] },
  );
}

/** The key in cert-manager's words. */
function keyOf({ keyType = KeyType.Any, keyBits }: CanaryWish): { algorithm: string; size?: number } {
  switch (keyType) {
    case KeyType.Rsa:
      return { algorithm: "RSA", size: keyBits ?? leastKeyBits.rsa };
    case KeyType.Ed25519:
      return { algorithm: "Ed25519" };
    default:
      return { algorithm: "ECDSA", size: keyBits ?? leastKeyBits.ec };
  }
}

/** The usages in cert-manager's words; none for a server, which is what it takes a Certificate to be for. */
function usagesOf({ usage = CertificateUsage.Server }: CanaryWish): { usages?: string[] } {
  const ends = {
    [CertificateUsage.Server]: [],
    [CertificateUsage.Client]: ["client auth"],
    [CertificateUsage.Both]: ["server auth", "client auth"],
  }[usage];
  return ends.length > 0 ? { usages: ["digital signature", "key encipherment", ...ends] } : {};
}

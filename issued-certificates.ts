import { CoreV1Api, CustomObjectsApi, type KubeConfig } from "@kubernetes/client-node";
import { watchedCertificate, type WatchedCertificate } from "./components/internal/expiry";
import { servedCertificate } from "./components/internal/served-certificate";
import { unlessMissing } from "./components/internal/unless-missing";
import { issuersOf } from "./settings/issuers";
import type { PlainSettings } from "./settings/table";

interface Certificate {
  metadata: { namespace: string; name: string };
  spec: { issuerRef: { kind?: string; name: string } };
  status?: { notBefore?: string; notAfter?: string; renewalTime?: string };
}

/**
 * The certificates that the stack's issuers have issued, by what cert-manager says of their Certificates: those of this
 * program and those of others. Empty where there is no cert-manager.
 *
 * @throws Error when the cluster does not answer.
 */
export async function issuedCertificates(
  config: KubeConfig,
  settings: Pick<PlainSettings, "clusterIssuerName" | "issuers">,
): Promise<WatchedCertificate[]> {
  const kind = { group: "cert-manager.io", version: "v1", resourcePlural: "certificates" };
  const list = (await unlessMissing(
    config.makeApiClient(CustomObjectsApi).listCustomObjectForAllNamespaces(kind),
  )) as { items?: Certificate[] } | undefined;
  const issuers = issuersOf(settings);
  return (list?.items ?? [])
    .filter(({ metadata, spec: { issuerRef } }) =>
      issuers.some(
        ({ kind, namespace, name }) =>
          // An Issuer is what a Certificate means that names no kind.
          kind === (issuerRef.kind || "Issuer") &&
          name === issuerRef.name &&
          (kind !== "Issuer" || namespace === metadata.namespace),
      ),
    )
    .flatMap(({ metadata: { namespace, name }, status }) =>
      status?.notBefore && status.notAfter
        ? {
            title: `the certificate of Certificate ${namespace}/${name}`,
            life: {
              notBefore: new Date(status.notBefore),
              notAfter: new Date(status.notAfter),
              ...(status.renewalTime ? { renewal: new Date(status.renewalTime) } : {}),
            },
            remedy:
              "its renewal does not work. Look at " +
              `"kubectl -n ${namespace} describe certificate,certificaterequest", and then "cmctl renew -n ${namespace} ${name}"`,
          }
        : [],
    );
}

/**
 * The certificate that Vault's listener serves, or where Vault does not answer, the one in its Secret; undefined where
 * there is neither.
 *
 * @param vaultAddress `https://host:port`.
 * @throws Error when the cluster does not answer.
 */
export async function listenerCertificate(
  config: KubeConfig,
  settings: Pick<PlainSettings, "vaultNamespace" | "vaultListenerRenewalHours">,
  vaultAddress: string,
): Promise<WatchedCertificate | undefined> {
  const { vaultNamespace: namespace, vaultListenerRenewalHours } = settings;
  const secret = await unlessMissing(
    config.makeApiClient(CoreV1Api).readNamespacedSecret({ name: "vault-ui-tls", namespace }),
  );
  const mounted = secret?.data?.["tls.crt"];
  if (!mounted) {
    return undefined;
  }
  const { hostname, port } = new URL(vaultAddress);
  const served = await servedCertificate(hostname, Number(port || 443), `vault.${namespace}.svc`, 5);
  const pem = served ?? Buffer.from(mounted, "base64").toString();
  const watched = watchedCertificate(
    "the certificate of Vault's listener",
    pem,
    'a "pulumi up" replaces it. If it has and this line comes back, Vault has not read the new one: ' +
      `"kubectl -n ${namespace} logs -l app.kubernetes.io/name=vault -c unsealer" tells why`,
  );
  const renewal = new Date(watched.life.notAfter.getTime() - vaultListenerRenewalHours * 3600_000);
  return { ...watched, life: { ...watched.life, renewal } };
}

import * as pulumi from "@pulumi/pulumi";
import { Podinfo, TlsHandshake, type VaultClusterIssuer } from "../components";
import type { Settings } from "../config";

/** The demo's page, and what a client that trusts nothing but the roots has seen of it. */
export interface ProvenPage {
  podinfo: Podinfo;
  handshake: TlsHandshake;
}

/**
 * podinfo behind an Ingress, with a certificate of the ClusterIssuer, and the proof that it is trusted; none where the
 * settings want no demo.
 *
 * @param trustedRootPem PEM: the roots that the page is checked against.
 */
export function createPage(
  settings: Settings,
  clusterIssuer: VaultClusterIssuer,
  trustedRootPem: pulumi.Output<string>,
): ProvenPage | undefined {
  if (!settings.demo) {
    return undefined;
  }
  const podinfo = new Podinfo(
    "podinfo",
    {
      namespace: settings.podinfoNamespace,
      chart: settings.podinfoChart,
      chartRepository: settings.podinfoChartRepository,
      chartVersion: settings.podinfoChartVersion,
      issuerName: clusterIssuer.issuerName,
      host: settings.podinfoHost,
      aliases: settings.podinfoAliases,
      tlsSecretName: settings.podinfoTlsSecretName,
      ingressClassName: settings.ingressClassName,
      certificateDuration: settings.issuingCaRoleMaxTtl,
    },
    { dependsOn: clusterIssuer },
  );
  const handshake = new TlsHandshake("page", {
    address: podinfo.address,
    serverName: settings.podinfoHost,
    trustedRootPem,
    path: "/",
    lookAt: `kubectl -n ${settings.podinfoNamespace} describe ingress,certificate,certificaterequest`,
  });
  return { podinfo, handshake };
}

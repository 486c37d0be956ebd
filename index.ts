import * as pulumi from "@pulumi/pulumi";
import { VaultClusterIssuer } from "./components";
import { dnsEntries } from "./dns-entries";
import { warnOfExpiry } from "./expiry-warnings";
import { superviseHelmReleases } from "./helm-releases";
import { createAuthority } from "./program/authority";
import { certManagerInUse } from "./program/cert-manager-in-use";
import { createDistributionPoint } from "./program/distribution-point";
import { createFurtherCas, createFurtherIssuers, createIssuerRoles } from "./program/further-issuers";
import { createIssuingCa } from "./program/issuing-ca";
import { createKubernetesLogin } from "./program/kubernetes-login";
import { createMonitoring } from "./program/monitoring";
import { createPage } from "./program/page";
import { createRequestPolicies } from "./program/request-approval";
import { revokeRetiredTokens } from "./program/token-revocation";
import { createTrust } from "./program/trust";
import { forwardToVault } from "./program/vault";
import { vaultInUse } from "./program/vault-in-use";
import { scheduleSnapshots } from "./program/vault-snapshots";
import { kubeConfigSource, preflight } from "./settings/preflight";
import { markAsOwn } from "./stack-mark";

/** The stack: settings, then components in the order in which they come to life, then outputs. */
export = async () => {
  const settings = await preflight();
  markAsOwn();
  superviseHelmReleases(kubeConfigSource(), settings);

  // Before all else, because a refresh asks for things in the order of the state.
  const forward = forwardToVault(settings);
  const authority = createAuthority(settings);
  const vault = vaultInUse(settings, authority, forward);

  const parentCa = authority.putIntoVault(vault.access, vault.inside);
  if (parentCa.waitsFor) {
    // All that follows hangs on the CA; the root token is revoked by the run that has it.
    return { ...vault.outputs, ...parentCa.waitsFor };
  }

  const distributionPoint = createDistributionPoint(settings, vault);
  const issuingCa = createIssuingCa(settings, parentCa, vault.access, vault.inside);
  const furtherCas = createFurtherCas(settings, parentCa, vault.access, vault.inside);

  const kubernetesAuth = createKubernetesLogin(settings, vault, issuingCa.policyName);
  const issuerRoles = createIssuerRoles(
    settings.issuers,
    new Map([[settings.issuingCaMountPath, issuingCa], ...furtherCas]),
    {
      authPath: kubernetesAuth.path,
      certManagerNamespace: settings.certManagerNamespace,
    },
    vault.inside,
  );

  scheduleSnapshots(settings, vault, kubernetesAuth.path);

  revokeRetiredTokens(vault, [
    parentCa.component,
    issuingCa,
    ...furtherCas.values(),
    kubernetesAuth,
    ...issuerRoles,
  ]);

  // A cert-manager that approves requests itself goes on until the policies are there: a run that fails in between must
  // not leave a cluster in which nobody approves renewals.
  const policiesFirst = settings.approvedByCertManager ? createRequestPolicies(settings, {}) : [];
  const certManager = certManagerInUse(settings, policiesFirst);
  const requestPolicies = settings.approvedByCertManager
    ? policiesFirst
    : createRequestPolicies(settings, { dependsOn: certManager.components });

  const clusterIssuer = new VaultClusterIssuer(
    "vault-issuer",
    {
      issuerName: settings.clusterIssuerName,
      namespace: certManager.namespace,
      server: vault.clusterAddress,
      signPath: issuingCa.signPath,
      caChainPem: vault.clusterCaPem,
      authPath: kubernetesAuth.path,
      authRole: kubernetesAuth.roleName,
      controllerServiceAccountName: certManager.serviceAccountName,
      canaryDnsName: settings.canaryDnsName,
      deleteCanarySecret: settings.certManagerExisting,
    },
    { dependsOn: [...certManager.components, issuingCa, kubernetesAuth, ...requestPolicies] },
  );
  const furtherIssuers = createFurtherIssuers(
    settings.issuers,
    issuerRoles,
    {
      certManagerNamespace: certManager.namespace,
      controllerServiceAccountName: certManager.serviceAccountName,
      server: vault.clusterAddress,
      caChainPem: vault.clusterCaPem,
      authPath: kubernetesAuth.path,
    },
    {
      dependsOn: [
        ...certManager.components,
        issuingCa,
        ...furtherCas.values(),
        ...issuerRoles,
        ...requestPolicies,
      ],
    },
  );

  createTrust(settings, certManager, parentCa.trustedRootsPem, requestPolicies);
  const page = createPage(settings, clusterIssuer, parentCa.trustedRootsPem);

  const chain = {
    root: parentCa.rootCertificatePem,
    parent: parentCa.certificatePem,
    issuing: issuingCa.certificatePem,
  };
  const furtherIssuing = [...furtherCas.values()].map(({ certificatePem }) => certificatePem);
  const monitoring = createMonitoring(settings, chain, furtherIssuing, [
    vault.inCluster,
    ...certManager.components,
  ]);
  const expiryLookedAt = warnOfExpiry(
    kubeConfigSource(),
    settings,
    vault.access.address,
    chain,
    furtherIssuing,
    pulumi.all([
      page?.handshake.notAfter ?? clusterIssuer.issuerName,
      ...furtherIssuers.map(({ issuerName }) => issuerName),
    ]),
  );

  const servedHosts = [
    ...(page ? [settings.podinfoHost, ...settings.podinfoAliases] : []),
    ...(settings.pkiHost ? [settings.pkiHost] : []),
  ];
  const servedAt = page?.podinfo.address ?? distributionPoint?.address;
  return {
    ...(page ? { url: page.podinfo.url } : {}),
    rootCaPem: parentCa.rootCertificatePem,
    trustedRootsPem: parentCa.trustedRootsPem,
    ...(servedAt ? { dnsEntries: servedAt.apply((one) => dnsEntries(one, servedHosts)) } : {}),
    ...vault.outputs,
    // Nothing is waited for that no output needs.
    issuer: pulumi.all([clusterIssuer.issuerName, expiryLookedAt]).apply(([issuerName]) => issuerName),
    ...(settings.monitoring === "file" ? { prometheusRules: monitoring?.rules } : {}),
    ...(page
      ? {
          certificate: {
            notBefore: page.handshake.notBefore,
            notAfter: page.handshake.notAfter,
            chainSubjects: page.handshake.chainSubjects,
          },
        }
      : {}),
  };
};

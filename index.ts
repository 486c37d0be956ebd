import * as pulumi from "@pulumi/pulumi";
import { createAuthority } from "./program/authority";
import { certManagerInUse } from "./program/cert-manager-in-use";
import {
  AuditDevices,
  CertificateMonitoring,
  IntermediateCa,
  KubernetesAuth,
  ListenerCertificate,
  PkiDistributionPoint,
  Podinfo,
  TlsHandshake,
  TrustBundle,
  TrustManager,
  VaultClusterIssuer,
  VaultInit,
  VaultPortForward,
  VaultServer,
  VaultSnapshots,
  VaultToken,
  VaultTokenRevocation,
} from "./components";
import { durationSeconds } from "./components/internal/duration";
import { dnsEntries } from "./dns-entries";
import { warnOfExpiry } from "./expiry-warnings";
import { createFurtherCas, createFurtherIssuers, createIssuerRoles } from "./program/further-issuers";
import { superviseHelmReleases } from "./helm-releases";
import { createRequestPolicies } from "./program/request-approval";
import { markAsOwn } from "./stack-mark";
import { kubeConfigSource, preflight } from "./settings/preflight";
import { crlMountPaths, longestLifeIn } from "./settings/mount-paths";
import { vaultStorageOf } from "./settings/rules";
import { endpointHosts, vaultWay } from "./settings/vault-endpoint";
import { tokenReach } from "./program/token-reach";
import { createVaultProvider, insideVault } from "./program/vault-provider";

/** The stack: settings, then components in the order in which they come to life, then outputs. */
export = async () => {
  const settings = await preflight();
  markAsOwn();
  superviseHelmReleases(kubeConfigSource(), settings);

  const loadBalancerIp = settings.vaultLoadBalancerIp || undefined;
  const way = vaultWay(settings);
  const hosts = endpointHosts(settings);
  // Before all else, because a refresh asks for things in the order of the state.
  const forward = way.portForward
    ? new VaultPortForward("vault-forward", {
        namespace: settings.vaultNamespace,
        replicas: settings.vaultReplicas,
      })
    : undefined;

  const authority = createAuthority(settings);

  const listener = new ListenerCertificate("vault-listener", {
    caCertificatePem: authority.listener.signingCertificatePem,
    caPrivateKeyPem: authority.listener.signingKeyPem,
    namespace: settings.vaultNamespace,
    loadBalancerIp,
    ...(hosts.length > 0 ? { hosts } : {}),
    validityHours: settings.vaultListenerCertificateHours,
    earlyRenewalHours: settings.vaultListenerRenewalHours,
  });

  const server = new VaultServer("vault", {
    namespace: settings.vaultNamespace,
    chart: settings.vaultChart,
    chartRepository: settings.vaultChartRepository,
    chartVersion: settings.vaultChartVersion,
    imageRepository: settings.vaultImageRepository,
    imageTag: settings.vaultImageTag,
    loadBalancerIp,
    storageClass: settings.vaultStorageClass,
    dataStorageSize: settings.vaultDataStorageSize,
    auditStorageSize: settings.vaultAuditStorageSize,
    auditLogMaxSize: settings.vaultAuditLogMaxSize,
    replicas: settings.vaultReplicas,
    storage: vaultStorageOf(settings),
    antiAffinity: settings.vaultAntiAffinity,
    listenerCertificateChainPem: listener.certificateChainPem,
    listenerPrivateKeyPem: listener.privateKeyPem,
    caChainPem: authority.listener.caChainPem,
    autoUnseal: settings.vaultAutoUnseal,
    retainData: settings.vaultRetainData,
    metrics: settings.monitoring !== "none",
  });

  const address = forward?.address ?? (way.url ? pulumi.output(way.url) : server.address);

  const vaultInit = new VaultInit(
    "vault-init",
    {
      address,
      nodesAddress: forward?.nodesAddress,
      caPem: authority.listener.caPem,
      namespace: server.namespace,
      replicas: settings.vaultReplicas,
      keyShares: settings.vaultKeyShares,
      keyThreshold: settings.vaultKeyThreshold,
      pgpKeys: settings.vaultPgpKeys,
      existingUnsealKeys: settings.vaultExistingUnsealKeys,
      existingRootToken: settings.vaultExistingRootToken,
      autoUnseal: settings.vaultAutoUnseal,
      unsealSecretName: server.unsealSecretName,
      timeoutSeconds: settings.vaultTimeoutSeconds,
    },
    { dependsOn: server },
  );

  const vaultToken = new VaultToken("vault-token", {
    address,
    caPem: authority.listener.caPem,
    rootToken: vaultInit.rootToken,
    ownToken: settings.vaultRootToken === "revoke",
    ...tokenReach(settings),
    periodSeconds: durationSeconds(settings.vaultTokenPeriod),
    rotation: settings.rotateToken,
  });

  const vaultApi = {
    address,
    token: vaultToken.token,
    caPem: authority.listener.caPem,
  };
  const vaultItself = insideVault(
    createVaultProvider("vault", {
      ...vaultApi,
      vaultVersion: settings.vaultImageTag,
      instanceId: vaultInit.instanceId,
      // In a refresh it may be asked before the forward is open.
      ...(forward ? { maxRetries: 8 } : {}),
    }),
    vaultInit.instanceId,
  );

  // The first thing inside Vault, so that all the others are in the log.
  const audit = settings.vaultAuditDevices
    ? [new AuditDevices("audit", { filePath: server.auditLogPath }, vaultItself)]
    : [];
  const inVault = { ...vaultItself, dependsOn: audit };

  // What is only here while Pulumi runs is nothing to tell others.
  const publicAddress = forward && server.address;
  const parentCa = authority.putIntoVault({ ...vaultApi, publicAddress }, inVault);

  const ofVault = {
    vaultAddress: loadBalancerIp && forward ? server.address : address,
    vaultCaPem: authority.listener.caPem,
    // Worth nothing once it is revoked.
    ...(settings.vaultRootToken === "keep" ? { rootToken: vaultInit.rootToken } : {}),
    vaultToken: vaultToken.token,
    unsealKeys: vaultInit.unsealKeys,
  };
  if (parentCa.waitsFor) {
    // All that follows hangs on the CA; the root token is revoked by the run that has it.
    return { ...ofVault, ...parentCa.waitsFor };
  }

  const distributionPoint = settings.pkiHost
    ? new PkiDistributionPoint(
        "pki-distribution-point",
        {
          host: settings.pkiHost,
          namespace: server.namespace,
          mountPaths: crlMountPaths(settings),
          vaultAddress: server.clusterAddress,
          vaultCaPem: authority.listener.caChainPem,
          image: settings.pkiProxyImage,
          replicas: settings.vaultReplicas > 1 ? 2 : 1,
          ingressClassName: settings.ingressClassName,
          metrics: settings.monitoring !== "none",
        },
        { dependsOn: server },
      )
    : undefined;

  const longestLife = longestLifeIn(settings.issuingCaMountPath, settings);
  const issuingCa = new IntermediateCa(
    "issuing-ca",
    {
      mountPath: settings.issuingCaMountPath,
      maxTtl: settings.issuingCaMaxTtl,
      parentMountPath: parentCa.mountPath,
      parentChainPem: parentCa.chainPem,
      commonName: settings.issuingCaCommonName,
      issuerName: settings.issuingCaIssuerName,
      generation: settings.issuingCaGeneration,
      vaultAddress: vaultApi.address,
      publicAddress,
      pkiHost: settings.pkiHost,
      vaultCaPem: vaultApi.caPem,
      vaultToken: vaultApi.token,
      roleName: settings.pkiRoleName,
      allowedDomains: settings.domains,
      roleMaxTtl: settings.issuingCaRoleMaxTtl,
      ...(longestLife === settings.issuingCaRoleMaxTtl ? {} : { retirementTtl: longestLife }),
      acme: settings.acme,
    },
    inVault,
  );
  const furtherCas = createFurtherCas(settings, parentCa, { ...vaultApi, publicAddress }, inVault);

  const kubernetesAuth = new KubernetesAuth(
    "kubernetes-auth",
    {
      serviceAccountNamespace: settings.certManagerNamespace,
      audience: `vault://${settings.clusterIssuerName}`,
      policies: [issuingCa.policyName],
    },
    inVault,
  );

  const issuerRoles = createIssuerRoles(
    settings.issuers,
    new Map([[settings.issuingCaMountPath, issuingCa], ...furtherCas]),
    {
      authPath: kubernetesAuth.path,
      certManagerNamespace: settings.certManagerNamespace,
    },
    inVault,
  );

  if (settings.vaultSnapshotSchedule) {
    new VaultSnapshots(
      "vault-snapshots",
      {
        namespace: server.namespace,
        address: server.clusterAddress,
        schedule: settings.vaultSnapshotSchedule,
        keep: settings.vaultSnapshotKeep,
        storageClass: settings.vaultStorageClass,
        storageSize: settings.vaultSnapshotStorageSize,
        imageRepository: settings.vaultImageRepository,
        imageTag: settings.vaultImageTag,
        authPath: kubernetesAuth.path,
        reason: settings.snapshotsMissingSince && `none since ${settings.snapshotsMissingSince}`,
      },
      inVault,
    );
  }

  // By now Pulumi's own token is in the state, and all that is in Vault was made with it.
  new VaultTokenRevocation(
    "vault-token-revocation",
    {
      address,
      caPem: authority.listener.caPem,
      tokenInUse: vaultToken.token,
      tokens: vaultToken.retiredTokens,
    },
    { dependsOn: [parentCa.component, issuingCa, ...furtherCas.values(), kubernetesAuth, ...issuerRoles] },
  );

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
      server: server.clusterAddress,
      signPath: issuingCa.signPath,
      caChainPem: authority.listener.caChainPem,
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
      server: server.clusterAddress,
      caChainPem: authority.listener.caChainPem,
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

  if (settings.trustBundle) {
    const trustManager = new TrustManager(
      "trust-manager",
      {
        namespace: certManager.namespace,
        chart: settings.trustManagerChart,
        chartRepository: settings.trustManagerChartRepository,
        chartVersion: settings.trustManagerChartVersion,
        keepCrds: settings.certManagerKeepCrds,
      },
      // The certificate of its webhook is by an Issuer, and waits for approval as others do.
      { dependsOn: [...certManager.components, ...requestPolicies] },
    );
    new TrustBundle(
      "trust-bundle",
      {
        bundleName: settings.trustBundle,
        rootsPem: [parentCa.trustedRootsPem],
        namespaceLabels: settings.trustNamespaceLabels,
      },
      { dependsOn: trustManager },
    );
  }

  const podinfo = settings.demo
    ? new Podinfo(
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
      )
    : undefined;

  const page =
    podinfo &&
    new TlsHandshake("page", {
      address: podinfo.address,
      serverName: settings.podinfoHost,
      trustedRootPem: parentCa.trustedRootsPem,
      path: "/",
      lookAt: `kubectl -n ${settings.podinfoNamespace} describe ingress,certificate,certificaterequest`,
    });

  const furtherCertificates = [...furtherCas.values()].map(({ certificatePem }) => certificatePem);
  const monitoring =
    settings.monitoring === "none"
      ? undefined
      : new CertificateMonitoring(
          "monitoring",
          {
            vaultNamespace: settings.vaultNamespace,
            vaultReplicas: settings.vaultReplicas,
            certManagerNamespace: settings.certManagerNamespace,
            clusterIssuerName: settings.clusterIssuerName,
            ...(settings.pkiHost ? { crlMountPaths: crlMountPaths(settings) } : {}),
            ...(settings.issuers.length > 0
              ? { furtherIssuers: settings.issuers.map(({ name, namespace }) => ({ name, namespace })) }
              : {}),
            rootCertificatePem: parentCa.rootCertificatePem,
            parentCertificatePem: parentCa.certificatePem,
            issuingCertificatePem: issuingCa.certificatePem,
            ...(furtherCertificates.length > 0 ? { furtherIssuingCertificatePems: furtherCertificates } : {}),
            expiryWarningPercent: settings.expiryWarningPercent,
            operatorObjects: settings.monitoring === "operator",
            labels: settings.monitoringLabels,
          },
          // They are in the namespaces of these.
          { dependsOn: [server, ...certManager.components] },
        );

  const expiryLookedAt = warnOfExpiry(
    kubeConfigSource(),
    settings,
    address,
    {
      root: parentCa.rootCertificatePem,
      parent: parentCa.certificatePem,
      issuing: issuingCa.certificatePem,
    },
    furtherCertificates,
    pulumi.all([
      page?.notAfter ?? clusterIssuer.issuerName,
      ...furtherIssuers.map(({ issuerName }) => issuerName),
    ]),
  );
  const servedHosts = [
    ...(podinfo ? [settings.podinfoHost, ...settings.podinfoAliases] : []),
    ...(settings.pkiHost ? [settings.pkiHost] : []),
  ];
  const servedAt = podinfo?.address ?? distributionPoint?.address;

  return {
    ...(podinfo ? { url: podinfo.url } : {}),
    rootCaPem: parentCa.rootCertificatePem,
    trustedRootsPem: parentCa.trustedRootsPem,
    ...(servedAt ? { dnsEntries: servedAt.apply((one) => dnsEntries(one, servedHosts)) } : {}),
    ...ofVault,
    // Nothing is waited for that no output needs.
    issuer: pulumi.all([clusterIssuer.issuerName, expiryLookedAt]).apply(([issuerName]) => issuerName),
    ...(settings.monitoring === "file" ? { prometheusRules: monitoring?.rules } : {}),
    ...(page
      ? {
          certificate: {
            notBefore: page.notBefore,
            notAfter: page.notAfter,
            chainSubjects: page.chainSubjects,
          },
        }
      : {}),
  };
};

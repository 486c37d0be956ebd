import * as pulumi from "@pulumi/pulumi";
import { IntermediateCa, IssuerRole, VaultClusterIssuer, VaultIssuer } from "../components";
import { canaryDnsName, IssuerKind, ownName, type IssuerSettings } from "../settings/issuers";
import { furtherCommonName, furtherMountPaths, longestLifeIn } from "../settings/mount-paths";
import type { PlainSettings } from "../settings/table";
import { vaultOfCa, type ParentCa, type VaultAccess } from "./authority";

/** The issuing CAs of issuers that have a mount of their own, by its path. Their roles are their issuers'. */
export function createFurtherCas(
  settings: PlainSettings,
  parent: Pick<ParentCa, "mountPath" | "chainPem">,
  vault: VaultAccess,
  opts: pulumi.ComponentResourceOptions,
): Map<string, IntermediateCa> {
  return new Map(
    furtherMountPaths(settings).map((mountPath) => [
      mountPath,
      new IntermediateCa(
        `issuing-ca-at-${mountPath}`,
        {
          mountPath,
          maxTtl: settings.issuingCaMaxTtl,
          parentMountPath: parent.mountPath,
          parentChainPem: parent.chainPem,
          commonName: furtherCommonName(mountPath, settings),
          issuerName: settings.issuingCaIssuerName,
          generation: settings.issuingCaGeneration,
          pkiHost: settings.pkiHost,
          ...vaultOfCa(vault),
          retirementTtl: longestLifeIn(mountPath, settings),
        },
        opts,
      ),
    ]),
  );
}

/**
 * What each of the issuers beside the first one has inside Vault, in their order.
 *
 * @param issuingCas By the path of their mount.
 */
export function createIssuerRoles(
  issuers: IssuerSettings[],
  issuingCas: Map<string, IntermediateCa>,
  vault: {
    authPath: pulumi.Input<string>;
    certManagerNamespace: string;
  },
  opts: pulumi.ComponentResourceOptions,
): IssuerRole[] {
  return issuers.map((issuer) => {
    const { name, kind, namespace } = issuer;
    const ofCluster = kind === IssuerKind.ClusterIssuer;
    return new IssuerRole(
      `issuer-role-${name}`,
      {
        mountPath: issuingCas.get(issuer.mount)!.mountPath,
        roleName: issuer.role,
        allowedDomains: issuer.domains,
        maxTtl: issuer.maxTtl,
        ...certificatesOf(issuer),
        policyName: ownName(issuer),
        authPath: vault.authPath,
        authRoleName: ownName(issuer),
        serviceAccountName: ownName(issuer),
        serviceAccountNamespace: ofCluster ? vault.certManagerNamespace : namespace,
        // As cert-manager has it: https://cert-manager.io/docs/configuration/vault/
        audience: ofCluster ? `vault://${name}` : `vault://${namespace}/${name}`,
      },
      opts,
    );
  });
}

/** The issuers beside the first one, each with the role of the same place, in their order. */
export function createFurtherIssuers(
  issuers: IssuerSettings[],
  roles: IssuerRole[],
  cluster: {
    certManagerNamespace: pulumi.Input<string>;
    controllerServiceAccountName: pulumi.Input<string>;
    server: pulumi.Input<string>;
    caChainPem?: pulumi.Input<string>;
    authPath: pulumi.Input<string>;
  },
  opts: pulumi.ComponentResourceOptions,
): (VaultClusterIssuer | VaultIssuer)[] {
  const { certManagerNamespace, ...shared } = cluster;
  return issuers.map((issuer, index) => {
    const args = {
      ...shared,
      issuerName: issuer.name,
      signPath: roles[index]!.signPath,
      authRole: roles[index]!.authRoleName,
      serviceAccountName: ownName(issuer),
      caBundleName: `${ownName(issuer)}-ca-bundle`,
      canaryDnsName: canaryDnsName(issuer.domains[0]!),
      ...certificatesOf(issuer),
    };
    if (issuer.kind === IssuerKind.Issuer) {
      const { namespace } = issuer;
      return new VaultIssuer(
        ownName(issuer),
        { ...args, namespace, controllerNamespace: certManagerNamespace },
        opts,
      );
    }
    return new VaultClusterIssuer(
      ownName(issuer),
      { ...args, namespace: certManagerNamespace, deleteCanarySecret: true },
      opts,
    );
  });
}

function certificatesOf({ usage, keyType, keyBits }: IssuerSettings): Partial<IssuerSettings> {
  return { usage, keyType, ...(keyBits > 0 ? { keyBits } : {}) };
}

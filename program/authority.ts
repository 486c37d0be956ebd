import * as pulumi from "@pulumi/pulumi";
import {
  CertificateAuthority,
  GeneratedCa,
  ImportedCa,
  ListenerCa,
  OfflineSignedCa,
  RootAuthority,
  VaultRootCa,
} from "../components";
import { longestOf } from "../components/internal/duration";
import { CaOriginResource } from "../components/internal/ca-origin-resource";
import { certificateBlocks } from "../components/internal/pem";
import { joinRoots } from "../components/internal/trusted-roots";
import type { Settings } from "../config";
import { policyNames } from "./token-reach";

/** What Vault's own listener is signed by, and checked against. */
export interface ListenerTrust {
  /** PEM: certificate of the CA that signs the listener's. */
  signingCertificatePem: pulumi.Output<string>;
  /** PEM: its key. Secret. */
  signingKeyPem: pulumi.Output<string>;
  /** PEM: the root of it, for who checks it from outside the cluster. */
  caPem: pulumi.Output<string>;
  /** PEM: the whole chain of it, for who checks it from inside. */
  caChainPem: pulumi.Output<string>;
}

/** Vault, as a component inside it needs it. */
export interface VaultAccess {
  address: pulumi.Output<string>;
  /** By which others reach it; the same where it is missing. */
  publicAddress?: pulumi.Output<string>;
  caPem: pulumi.Output<string>;
  token: pulumi.Output<string>;
}

/** The CA in the parent mount, which signs the issuing CA. */
export interface ParentCa {
  component: pulumi.Resource;
  /** Path of its mount; resolves when it can sign. */
  mountPath: pulumi.Output<string>;
  /** PEM: its certificate. */
  certificatePem: pulumi.Output<string>;
  /** PEM: its certificate and those above it, up to the root. */
  chainPem: pulumi.Output<string>;
  /** PEM: the root, which clients trust. */
  rootCertificatePem: pulumi.Output<string>;
  /** PEM: that root and the additional ones of the settings. */
  trustedRootsPem: pulumi.Output<string>;
  /** Absent when the CA is there; what its owner has to do first when it is not. */
  waitsFor?: { caRequest: pulumi.Output<string>; signingCommands: pulumi.Output<string> };
}

/** Where the CA comes from: what there is of it before Vault, and how it gets into Vault. */
export interface Authority {
  /** Makes what it takes; to be called where there is a listener of the program's to be signed. */
  listener(): ListenerTrust;
  putIntoVault(vault: VaultAccess, opts: pulumi.ComponentResourceOptions): ParentCa;
}

/** The authority of the setting caOrigin. */
export function createAuthority(settings: Settings): Authority {
  new CaOriginResource("ca-origin", {
    origin: settings.caOrigin,
    rootFingerprint: settings.caRootFingerprint,
    keyGiven: settings.caKeyGiven,
    signed: settings.signedCaCertificate !== "",
  });
  switch (settings.caOrigin) {
    case "import-root":
      return importRoot(settings);
    case "generate":
      return generate(settings);
    case "generate-in-vault":
      return generateInVault(settings);
    case "offline":
      return signOffline(settings);
    default:
      return importIntermediate(settings);
  }
}

function importIntermediate(settings: Settings): Authority {
  return imported(
    settings,
    new CertificateAuthority("authority", {
      bundlePem: settings.caBundle,
      passphrase: settings.caPassphrase,
    }),
  );
}

function generate(settings: Settings): Authority {
  return imported(
    settings,
    new GeneratedCa("authority", {
      rootCommonName: settings.rootCaCommonName,
      intermediateCommonName: settings.parentCaCommonName,
      maxTtl: settings.rootCaMaxTtl,
    }),
  );
}

/** An intermediate whose key is at hand: it signs Vault's listener, and is imported. */
function imported(settings: Settings, authority: CertificateAuthority | GeneratedCa): Authority {
  const { signingCertificatePem, signingKeyPem, rootCertificatePem, chainPem, importBundlePem } = authority;
  const trustedRootsPem = trusted(settings, rootCertificatePem);
  return {
    listener: () => ({
      signingCertificatePem,
      signingKeyPem,
      caPem: trustedRootsPem,
      caChainPem: pulumi.interpolate`${signingCertificatePem}${trustedRootsPem}`,
    }),
    putIntoVault: (vault, opts) => {
      const args = {
        ...inVault(settings, vault),
        maxTtl: settings.parentCaMaxTtl,
        importBundlePem,
        retirementTtl: retirementTtl(settings),
      };
      const component = new ImportedCa("parent-ca", args, opts);
      return parentCa(settings, {
        component,
        mountPath: component.mountPath,
        chainPem,
        rootCertificatePem,
      });
    },
  };
}

function importRoot(settings: Settings): Authority {
  const { rootCertificatePem, importBundlePem } = new RootAuthority("authority", {
    bundlePem: settings.caBundle,
    passphrase: settings.caPassphrase,
  });
  return {
    listener: ownListenerCa,
    putIntoVault: (vault, opts) => {
      const component = new ImportedCa(
        "parent-ca",
        {
          ...inVault(settings, vault),
          maxTtl: settings.parentCaMaxTtl,
          importBundlePem,
          keyGiven: settings.caKeyGiven,
          retirementTtl: retirementTtl(settings),
        },
        opts,
      );
      return parentCa(settings, {
        component,
        mountPath: component.mountPath,
        chainPem: rootCertificatePem,
        rootCertificatePem,
      });
    },
  };
}

function generateInVault(settings: Settings): Authority {
  return {
    listener: ownListenerCa,
    putIntoVault: (vault, opts) => {
      const component = new VaultRootCa(
        "parent-ca",
        {
          ...inVault(settings, vault),
          maxTtl: settings.rootCaMaxTtl,
          commonName: settings.rootCaCommonName,
        },
        opts,
      );
      const { mountPath, rootCertificatePem } = component;
      return parentCa(settings, { component, mountPath, chainPem: rootCertificatePem, rootCertificatePem });
    },
  };
}

function signOffline(settings: Settings): Authority {
  return {
    listener: ownListenerCa,
    putIntoVault: (vault, opts) => {
      const component = new OfflineSignedCa(
        "parent-ca",
        {
          ...inVault(settings, vault),
          maxTtl: settings.parentCaMaxTtl,
          commonName: settings.parentCaCommonName,
          signedCertificatePem: settings.signedCaCertificate,
        },
        opts,
      );
      const { mountPath, chainPem, rootCertificatePem, requestPem, signingCommands } = component;
      const waitsFor = settings.signedCaCertificate ? undefined : { caRequest: requestPem, signingCommands };
      return parentCa(settings, { component, mountPath, chainPem, rootCertificatePem, waitsFor });
    },
  };
}

/** A CA for Vault's listener alone, where the program holds no key of the CA that goes into Vault, or is to lose it. */
function ownListenerCa(): ListenerTrust {
  const { certificatePem, privateKeyPem } = new ListenerCa("vault-listener-ca", {});
  return {
    signingCertificatePem: certificatePem,
    signingKeyPem: privateKeyPem,
    caPem: certificatePem,
    caChainPem: certificatePem,
  };
}

/** A CA that was replaced is needed for as long as what it, or an issuing CA below it, has signed. */
function retirementTtl({ parentCaRoleMaxTtl, issuingCaRoleMaxTtl, issuers }: Settings): string {
  return longestOf(parentCaRoleMaxTtl, issuingCaRoleMaxTtl, ...issuers.map(({ maxTtl }) => maxTtl));
}

function parentCa(settings: Settings, known: Omit<ParentCa, "certificatePem" | "trustedRootsPem">): ParentCa {
  return {
    ...known,
    certificatePem: known.chainPem.apply((pem) => certificateBlocks(pem)[0] ?? ""),
    trustedRootsPem: trusted(settings, known.rootCertificatePem),
  };
}

/** PEM: a root and those that are trusted beside it while one takes the place of the other. */
function trusted(
  { additionalRootCertificates }: Settings,
  rootPem: pulumi.Output<string>,
): pulumi.Output<string> {
  return rootPem.apply((pem) => joinRoots(pem, additionalRootCertificates));
}

/** Vault as every CA inside it takes it. */
export function vaultOfCa(vault: VaultAccess) {
  return {
    vaultAddress: vault.address,
    publicAddress: vault.publicAddress,
    vaultCaPem: vault.caPem,
    vaultToken: vault.token,
  };
}

/** What every CA in the parent mount takes. */
function inVault(settings: Settings, vault: VaultAccess) {
  return {
    ...vaultOfCa(vault),
    mountPath: settings.parentCaMountPath,
    pkiHost: settings.pkiHost,
    roleName: settings.pkiRoleName,
    allowedDomains: settings.domains,
    roleMaxTtl: settings.parentCaRoleMaxTtl,
    policyName: policyNames(settings).parent,
  };
}

import { X509Certificate } from "node:crypto";
import type { CertManagerObject } from "../../operations/cluster";
import type { Stack } from "../../operations/stack";
import { plainSettings, project } from "../../operations/stack-settings";
import type { PlainSettings } from "../../settings/table";
import type { FakeCluster } from "./fake-cluster";
import type { FakeVault } from "./fake-vault";
import { daysFromNow, makeAuthority } from "./openssl-ca";
import { projectFile } from "./settings";
import type { StackConfig } from "../../operations/pulumi-cli";

/** The defaults of Pulumi.yaml as `pulumi config --json` gives them. */
export function defaultConfig(): StackConfig {
  return Object.fromEntries(
    Object.entries(projectFile.config).flatMap(([name, { default: value }]) =>
      value === undefined
        ? []
        : [
            [
              `${project}:${name}`,
              { value: typeof value === "string" ? value : JSON.stringify(value), secret: false },
            ],
          ],
    ),
  );
}

/** A stack that leads to a fake cluster and a fake Vault. */
export function fakeStack(
  cluster: FakeCluster,
  vault: FakeVault,
  settings: Partial<PlainSettings> = {},
): Stack {
  return {
    name: "homelab",
    settings: { ...plainSettings(defaultConfig()), ...settings },
    kubeConfigSource: { kubeconfig: cluster.kubeconfig },
    vault: vault.endpoint,
    vaultAddress: vault.endpoint.address,
    rootCaPem: vault.caPem,
    pageUrl: "https://podinfo.wsp.local",
    vaultToken: async () => vault.state.rootToken,
  };
}

export function certificate(
  namespace: string,
  name: string,
  status: CertManagerObject["status"] = {},
): CertManagerObject {
  return { metadata: { namespace, name }, status };
}

export const readyCondition = { type: "Ready", status: "True", message: "up to date" };

/** A CA certificate of the wanted days before and after now. */
export function madeCertificate(name: string, before: number, after: number): X509Certificate {
  const wish = { name, notBefore: daysFromNow(-before), notAfter: daysFromNow(after) };
  return new X509Certificate(makeAuthority(wish).certificatePem);
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import program from "../../index";
import { secretSettings } from "../../settings/table";
import { FakeCluster } from "./fake-cluster";
import { project, Recording, stack } from "./mocks";
import { encryptedKey, makeAuthority, type Authority } from "./openssl-ca";
import { providerAnswers } from "./provider-answers";
import { projectFile } from "./settings";

const signingType = "vault:pkiSecret/secretBackendRootSignIntermediate:SecretBackendRootSignIntermediate";
const requestType =
  "vault:pkiSecret/secretBackendIntermediateCertRequest:SecretBackendIntermediateCertRequest";

/** The name under which the stack itself is recorded. */
export const stackName = `${project}-${stack}`;

/** Secrets that the recorded program is given. */
export interface GivenSecrets {
  intermediate: Authority;
  encryptedKeyPem: string;
  passphrase: string;
  existingUnsealKeys: string[];
  existingRootToken: string;
}

export interface RecordedProgram {
  recording: Recording;
  root: Authority;
  /** What Vault signs when it is asked for a CA. */
  issuing: Authority;
  secrets: GivenSecrets;
}

/**
 * Runs the whole program with mocks for the providers, a cluster that has what it looks for, the defaults of
 * Pulumi.yaml and an offline CA, as Pulumi would.
 *
 * @param settings Names without the project's prefix.
 * @param preview Whether to run it as `pulumi preview` does.
 * @param request What Vault answers when it is asked for the request of a CA. Default: no real one.
 * @param objects What the cluster has of an earlier run, by path. Default: nothing.
 */
export async function recordProgram(
  settings: Record<string, unknown> = {},
  preview = false,
  request?: string,
  objects: FakeCluster["objects"] = {},
): Promise<RecordedProgram> {
  const root = makeAuthority({ name: "Root" });
  const intermediate = makeAuthority({ name: "Intermediate", issuer: root });
  const issuing = makeAuthority({ name: "Issuing", issuer: intermediate });
  const secrets: GivenSecrets = {
    intermediate,
    encryptedKeyPem: encryptedKey(intermediate, "correct horse"),
    passphrase: "correct horse",
    existingUnsealKeys: ["R2l2ZW4gdG8gdGhlIHByb2dyYW0gaW4gaXRzIHNldHRpbmdz"],
    existingRootToken: "hvs.given-in-settings",
  };
  const cluster = await FakeCluster.start();
  cluster.objects = objects;
  const directory = mkdtempSync(path.join(tmpdir(), "program-"));
  const checkout = process.cwd();
  try {
    const answers: typeof providerAnswers = {
      ...providerAnswers,
      [signingType]: () => ({ certificate: issuing.certificatePem }),
    };
    if (request !== undefined) {
      answers[requestType] = () => ({ csr: request });
    }
    const recording = await Recording.start(preview, answers);
    const all = {
      ...defaults(),
      caBundle: intermediate.certificatePem + secrets.encryptedKeyPem + root.certificatePem,
      caPassphrase: secrets.passphrase,
      vaultExistingUnsealKeys: secrets.existingUnsealKeys,
      vaultExistingRootToken: secrets.existingRootToken,
      ...settings,
    };
    pulumi.runtime.setAllConfig(
      { ...asConfig(all), "kubernetes:kubeconfig": cluster.kubeconfig },
      secretSettings.map((name) => `${project}:${name}`),
    );
    // The program writes files that its providers read into the project's directory.
    process.chdir(directory);
    await pulumi.runtime.runInPulumiStack(program);
    return { recording: await recording.finish(), root, issuing, secrets };
  } finally {
    process.chdir(checkout);
    pulumi.runtime.setAllConfig({});
    rmSync(directory, { recursive: true, force: true });
    await cluster.stop();
  }
}

/** Defaults of Pulumi.yaml, by setting. */
function defaults(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(projectFile.config).flatMap(([name, { default: value }]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

/** Settings the way that the engine hands them on: texts as they are, everything else as JSON. */
function asConfig(settings: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      `${project}:${name}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

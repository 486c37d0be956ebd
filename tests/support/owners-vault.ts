import { plainSettings } from "../../operations/stack-settings";
import { neededRights } from "../../program/token-reach";
import { FakeVault } from "./fake-vault";
import { defaultConfig } from "./operations";

/** By which a Vault outside the cluster reaches it. */
export const host = { vaultKubernetesHost: "https://192.168.1.10:6443" };
/** Of a Vault that nobody asks. */
export const address = "https://vault.homelab.local:8200";

/** A Vault of somebody else's, unsealed, with nothing of this stack's in it and a token that may do everything. */
export async function ownersVault(): Promise<FakeVault> {
  const vault = await FakeVault.start();
  vault.initialise(1, 1);
  vault.state.sealed = false;
  const settings = { ...plainSettings(defaultConfig()), vaultExisting: address };
  const paths = ["kubernetes", "homelab"].flatMap((vaultAuthPath) =>
    neededRights({ ...settings, caOrigin: "generate-in-vault", vaultAuthPath }).map(({ path }) => path),
  );
  const rights = Object.fromEntries(paths.map((path) => [path, ["root"]]));
  Object.assign(vault.answers, {
    "GET sys/seal-status": [200, { initialized: true, sealed: false, version: "1.20.3+ent" }],
    "GET sys/mounts": [200, { data: { "secret/": { type: "kv", description: "theirs" } } }],
    "GET sys/auth": [200, { data: { "token/": { type: "token", description: "token based credentials" } } }],
    "POST sys/capabilities-self": [200, { data: rights }],
    "GET sys/policies/acl/sign-pki": [404, { errors: [] }],
    "GET sys/policies/acl/sign-pki_int": [404, { errors: [] }],
  });
  return vault;
}

/** What makes the recorded program use that Vault. */
export function ownersVaultSettings({ endpoint, caPem, state }: FakeVault): Record<string, unknown> {
  return {
    vaultExisting: endpoint.address,
    vaultCaPem: caPem,
    vaultToken: state.rootToken,
    vaultExistingUnsealKeys: [],
    vaultExistingRootToken: "",
    ...host,
  };
}

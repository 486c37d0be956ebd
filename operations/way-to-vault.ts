import { forwardPorts, openVaultForward, type ForwardWish } from "../components/internal/vault-forward";
import type { VaultEndpoint } from "../components/internal/vault-client";
import { vaultWay } from "../settings/vault-endpoint";
import type { Stack } from "./stack";
import { project } from "./stack-settings";

/** The way that a command has to Vault, for as long as it runs. */
export interface OpenWay {
  vault: VaultEndpoint;
  close: () => void;
}

type StackPlace = Pick<Stack, "name" | "settings" | "kubeConfigSource">;

/** The port-forward that a run of the program opens: of the same owner, to the same cluster. */
export function forwardWish({ name, settings, kubeConfigSource }: StackPlace): ForwardWish {
  const { kubeconfig = "", context = "" } = kubeConfigSource;
  return {
    kubeconfig,
    context,
    namespace: settings.vaultNamespace,
    replicas: settings.vaultReplicas,
    // A backend may put its organisation and the project before the stack's name.
    owner: `${project}-${name.split("/").at(-1)}-vault-forward`,
  };
}

/**
 * Where people find Vault: at the address that the settings give, or at that of the port-forward, which answers while a
 * run or `npm run forward` has it open.
 */
export function vaultAddressOf(place: StackPlace): string {
  const { settings } = place;
  const { portForward, url } = vaultWay(settings);
  if (url) {
    return url;
  }
  return portForward && settings.vaultLoadBalancerIp === ""
    ? `https://127.0.0.1:${forwardPorts(forwardWish(place).owner)[0]}`
    : `https://${settings.vaultLoadBalancerIp}:8200`;
}

/**
 * The way of the stack's settings: Vault's address, or a port-forward of this process's own, at any port.
 *
 * @param tell Called with what the API server has against it.
 */
export async function openWay(stack: Stack, tell: (fault: string) => void): Promise<OpenWay> {
  if (!vaultWay(stack.settings).portForward) {
    return { vault: stack.vault, close: () => undefined };
  }
  const { address, nodesAddress, close } = await openVaultForward(forwardWish(stack), [0], tell);
  return { vault: { ...stack.vault, address, nodesAddress }, close };
}

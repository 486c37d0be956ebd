import { inLab } from "./lab";

/**
 * Sends a signal to the sidecar that unseals Vault. It would unseal before anybody notices; stopped, it is as slow as an
 * image that has to be pulled.
 */
export async function signalUnsealer(signal: "STOP" | "CONT"): Promise<void> {
  // The brackets keep the search from finding itself.
  const script = `kill -${signal} $(grep -l "unseal[e]d it" /proc/[0-9]*/cmdline | cut -d/ -f3)`;
  await inLab(["kubectl", "-n", "vault", "exec", "vault-0", "-c", "unsealer", "--", "sh", "-c", script]);
}

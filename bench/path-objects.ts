import { inLab, kubectl } from "../tests/support/lab";
import { partsOf, type Certificate, type Pod } from "./critical-path";
import type { Record } from "./measure";

/** Takes the parts of the critical path from the objects of what was just built, by whichever tool. */
export async function recordParts(record: Record): Promise<void> {
  const [vault, webhooks, certificate, vaultLog] = await Promise.all([
    kubectl("-n", "vault", "get", "pod", "vault-0") as Promise<Pod>,
    kubectl("-n", "cert-manager", "get", "pods", "-l", "app.kubernetes.io/component=webhook") as Promise<{
      items: Pod[];
    }>,
    kubectl("-n", "podinfo", "get", "certificate", "podinfo-wsp-cert") as Promise<Certificate>,
    inLab(["kubectl", "-n", "vault", "logs", "vault-0", "-c", "vault"]),
  ]);
  const parts = partsOf({ vault, vaultLog, webhook: webhooks.items[0]!, certificate });
  record("part-vault-start", parts.vaultStart);
  record("part-vault-init", parts.vaultInit);
  record("part-webhook", parts.webhook);
  record("part-issuance", parts.issuance);
}

import { inLab, kubectl } from "../tests/support/lab";
import { partsOf, type Certificate, type PathParts, type Pod } from "./critical-path";
import { partFigures } from "./figures";
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
  for (const part of Object.keys(parts) as (keyof PathParts)[]) {
    record(partFigures[part], parts[part]);
  }
}

import { eventually, inLab, kubectl } from "../../tests/support/lab";
import type { Pod } from "../critical-path";
import type { Measure } from "../measure";

/** Prints milliseconds from the deletion of the pod: until Vault does not answer, and until the new pod's answers. */
const script = `pod() { kubectl -n vault get pod vault-0 -o 'jsonpath={.metadata.uid}' 2>/dev/null; }
serves() { curl -fs -o /dev/null --max-time 1 --cacert "$VAULT_CACERT" "$VAULT_ADDR/v1/sys/health"; }
now() { date +%s%3N; }
former=$(pod)
began=$(now)
kubectl -n vault delete pod vault-0 --wait=false >/dev/null
while serves; do sleep 0.05; done
down=$(now)
until serves && up=$(now) && [ "$(pod)" != "$former" ]; do sleep 0.05; done
echo "$((down - began)) $((up - began))"`;

export const restart: Measure = {
  name: "restart",
  about: "Vault's pod is deleted, until Vault is unsealed and answers at its address",
  async once({ stack, record }) {
    await stack.standing();
    const printed = await inLab(["timeout", "600", "bash", "-ec", script]);
    const [down, up] = printed.trim().split(" ").map(Number) as [number, number];
    record("restart", up / 1000);
    record("outage", (up - down) / 1000);
    await eventually("a Ready pod of Vault", 180, async () => {
      const { status } = (await kubectl("-n", "vault", "get", "pod", "vault-0")) as Pod;
      return status.containerStatuses?.every(({ ready }) => ready) ?? false;
    });
  },
};

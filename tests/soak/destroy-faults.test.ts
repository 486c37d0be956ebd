import assert from "node:assert/strict";
import { assertNothingIsLeft, resourcesInState } from "../support/clean-cluster";
import { eventually, forgetStackOutputs, inLab, stackOutputs, tryInLab, vaultDo } from "../support/lab";
import { fetchPage } from "../support/page";
import { unattended } from "../support/stack";

const kubectl = (...args: string[]) => inLab(["kubectl", ...args]);

/** Sealed, and without the keys that the sidecar would unseal it with again. */
async function sealVault(): Promise<void> {
  await kubectl("-n", "vault", "delete", "secret", "vault-unseal-keys");
  const look = [
    "kubectl",
    "-n",
    "vault",
    "exec",
    "vault-0",
    "-c",
    "unsealer",
    "--",
    "ls",
    "/vault/userconfig/vault-unseal-keys",
  ];
  await eventually("the sidecar without keys", 180, async () => (await inLab(look)).trim() === "");
  await vaultDo(["operator", "seal"]);
}

const faults: Record<string, () => Promise<unknown>> = {
  "Vault is sealed": sealVault,
  "Vault's pods are gone": () => kubectl("-n", "vault", "scale", "statefulset", "vault", "--replicas=0"),
  "Vault's namespace is gone": () => kubectl("delete", "namespace", "vault"),
  "cert-manager's webhook is down": () =>
    kubectl("-n", "cert-manager", "scale", "deployment", "cert-manager-webhook", "--replicas=0"),
  "trust-manager's CRD is gone": () => kubectl("delete", "crd", "bundles.trust.cert-manager.io"),
  "all of cert-manager is down": () =>
    kubectl("-n", "cert-manager", "scale", "deployment", "--all", "--replicas=0"),
  "cert-manager's CRDs are gone": () =>
    inLab(["sh", "-c", "kubectl get crd -o name | grep cert-manager.io | xargs kubectl delete"]),
  "Helm's records are gone": () =>
    inLab([
      "sh",
      "-c",
      "for namespace in vault cert-manager podinfo; do kubectl -n $namespace delete secret -l owner=helm; done",
    ]),
};

describe("destroy ends clean and up works again, when", function () {
  this.timeout(1_200_000);

  for (const [fault, inject] of Object.entries(faults)) {
    it(fault, async () => {
      await inject();
      const started = Date.now();
      await inLab(["pulumi", "destroy", ...unattended]);
      const destroyed = Date.now();
      await assertNothingIsLeft();
      forgetStackOutputs();
      await inLab(["pulumi", "up", ...unattended]);
      const { rootCaPem } = await stackOutputs();
      assert.match((await fetchPage(rootCaPem)).message, /podinfo/);
      const seconds = (from: number, to: number) => Math.round((to - from) / 1000);
      console.log(`      destroy ${seconds(started, destroyed)} s, up ${seconds(destroyed, Date.now())} s`);
    });
  }
});

describe("destroy of a stack whose cluster cannot be reached", function () {
  this.timeout(600_000);
  let state: string;
  let kubeconfig: string;

  before(async () => {
    state = await inLab(["pulumi", "stack", "export"]);
    const script =
      'd=$(mktemp -d); sed "s#server: .*#server: https://127.0.0.1:2#" "$KUBECONFIG" >$d/config; echo $d/config';
    kubeconfig = (await inLab(["sh", "-c", script])).trim();
  });

  after(async () => {
    await inLab(["pulumi", "stack", "import"], { input: state });
    await inLab(["rm", "-r", kubeconfig.replace(/\/config$/, "")]);
    await inLab(["pulumi", "preview", "--refresh", "--non-interactive", "--expect-no-changes"]);
  });

  it("says how to drop the state", async () => {
    const result = await tryInLab(["env", `KUBECONFIG=${kubeconfig}`, "pulumi", "destroy", ...unattended]);
    assert.notEqual(result.status, 0);
    assert.match(result.stdout + result.stderr, /PULUMI_K8S_DELETE_UNREACHABLE/);
  });

  it("drops it then, Helm's releases included", async () => {
    const environment = [`KUBECONFIG=${kubeconfig}`, "PULUMI_K8S_DELETE_UNREACHABLE=true"];
    await inLab(["env", ...environment, "pulumi", "destroy", ...unattended]);
    assert.deepEqual(await resourcesInState(), []);
  });
});

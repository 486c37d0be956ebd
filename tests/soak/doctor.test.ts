import assert from "node:assert/strict";
import { follow, TrustingMachine } from "../support/commands";
import { eventually, inLab, kubectl, stackOutputs, vaultDo } from "../support/lab";

interface Row {
  what: string;
  id: string;
  breakIt: () => Promise<unknown>;
  /** What the doctor's own fix does not do: where it is only a look, or where only the test knows what it did. */
  mend?: () => Promise<unknown>;
}

const issuerRole = "auth/kubernetes/role/issuer";
const inPodinfo = ["kubectl", "-n", "podinfo"];

/** The rest of the chain, link by link; those of tests/lab/commands.test.ts are not repeated. */
const rows: Row[] = [
  {
    what: "a sealed Vault that does not unseal itself",
    id: "vault-unsealed",
    breakIt: async () => {
      await inLab(["kubectl", "-n", "vault", "delete", "secret", "vault-unseal-keys"]);
      // The kubelet takes the keys out of the pod in its own time.
      await eventually("no keys in the pod", 180, async () => {
        const keys = ["sh", "-c", "ls /vault/userconfig/vault-unseal-keys"];
        return (
          (await inLab(["kubectl", "-n", "vault", "exec", "vault-0", "-c", "vault", "--", ...keys])) === ""
        );
      });
      await vaultDo(["operator", "seal"]);
    },
    mend: () => follow("pulumi up --refresh"),
  },
  {
    what: "a webhook that does not answer",
    id: "webhook",
    breakIt: () =>
      inLab([
        ...["kubectl", "-n", "cert-manager", "patch", "service", "cert-manager-webhook", "--type=merge"],
        ...["-p", '{"spec":{"selector":{"app.kubernetes.io/component":"none"}}}'],
      ]),
    mend: () =>
      inLab([
        ...["kubectl", "-n", "cert-manager", "patch", "service", "cert-manager-webhook", "--type=merge"],
        ...["-p", '{"spec":{"selector":{"app.kubernetes.io/component":"webhook"}}}'],
      ]),
  },
  {
    what: "a ServiceAccount that is gone",
    id: "login",
    breakIt: () => inLab(["kubectl", "-n", "cert-manager", "delete", "serviceaccount", "issuer"]),
  },
  {
    what: "a login for others only",
    id: "login",
    breakIt: () => vaultDo(["write", issuerRole, "bound_service_account_names=other"]),
  },
  {
    what: "a login method that is gone",
    id: "login",
    breakIt: () => vaultDo(["auth", "disable", "kubernetes"]),
  },
  {
    what: "a role that is gone",
    id: "sign",
    breakIt: () => vaultDo(["delete", "pki_int/roles/home-lab-dot-local"]),
  },
  {
    what: "an issuing CA that is gone",
    id: "sign",
    breakIt: () => vaultDo(["delete", "pki_int/root"]),
  },
  {
    what: "a canary that is gone",
    id: "canary",
    breakIt: () => inLab(["kubectl", "-n", "cert-manager", "delete", "certificate", "vault-issuer-canary"]),
  },
  {
    what: "an Ingress that is gone",
    id: "ingress",
    breakIt: () => inLab([...inPodinfo, "delete", "ingress", "my-podinfo"]),
  },
  {
    what: "a page without a pod",
    id: "page",
    breakIt: async () => {
      await inLab([...inPodinfo, "scale", "deployment", "my-podinfo", "--replicas=0"]);
      await inLab([...inPodinfo, "wait", "--for=delete", "--timeout=60s", "pod", "--all"]);
    },
    mend: async () => {
      await inLab([...inPodinfo, "scale", "deployment", "my-podinfo", "--replicas=1"]);
      await inLab([...inPodinfo, "rollout", "status", "--timeout=120s", "deployment", "my-podinfo"]);
    },
  },
];

describe("npm run doctor, link by link", function () {
  this.timeout(900_000);
  let machine: TrustingMachine;

  before(async () => {
    await stackOutputs();
    machine = await TrustingMachine.make();
  });

  after(() => machine.forget());

  for (const { what, id, breakIt, mend } of rows) {
    it(`names ${what}, and its fix puts it right`, async () => {
      await breakIt();
      const first = await machine.firstBroken();
      assert.equal(first.id, id);
      await (mend ? mend() : follow(first.fix));
      await eventually("every link holds", 120, async () => (await machine.diagnosis()).ok);
      await kubectl("get", "clusterissuer", "vault-issuer");
    });
  }
});

import assert from "node:assert/strict";
import { forgetStackOutputs, inLab, kubectl, stackOutputs } from "../support/lab";
import { fetchPage } from "../support/page";
import { StackRun } from "../support/stack";

const namespace = "certs";

describe("a cluster that has a cert-manager already, and no LoadBalancer's address for Vault", function () {
  this.timeout(900_000);
  let run: StackRun;

  before(async () => {
    run = await StackRun.with({ certManagerNamespace: namespace });
    await run.destroy();
    const chart = (await inLab(["pulumi", "config", "get", "certManagerChart"])).trim();
    const values = ["--set", "crds.enabled=true", "--set", "crds.keep=false"];
    const where = ["--namespace", namespace, "--create-namespace"];
    await inLab(["helm", "install", "cert-manager", chart, ...where, ...values, "--wait"]);
  });

  after(async () => {
    run.forget();
    await inLab(["helm", "uninstall", "cert-manager", "--namespace", namespace, "--wait"]);
    await inLab(["kubectl", "delete", "namespace", namespace]);
    forgetStackOutputs();
  });

  it("is refused as long as the settings would have the stack install cert-manager", async () => {
    const { status, stdout, stderr } = await run.attempt("preview", "--non-interactive", "--color=never");
    assert.notEqual(status, 0);
    assert.match(stdout + stderr, /certManagerNamespace: the namespace certs is there and is not marked/);
  });

  it("comes to a trusted page by a port-forward to Vault; a second run and a refresh change nothing", async () => {
    run.forget();
    const settings = { certManagerExisting: true, certManagerNamespace: namespace };
    run = await StackRun.with({ ...settings, vaultLoadBalancerIp: "" });
    await run.up();
    forgetStackOutputs();
    const { rootCaPem, vaultAddress } = await stackOutputs();
    assert.match(vaultAddress, /^https:\/\/127\.0\.0\.1:\d+$/);
    assert.match((await fetchPage(rootCaPem)).message, /podinfo/);
    await run.up("--expect-no-changes");
    await run.pulumi("preview", "--refresh", "--non-interactive", "--expect-no-changes");
  });

  it("has its cert-manager left as it was by a destroy, with nothing of the stack in its namespace", async () => {
    const objects = async () => {
      const { items } = await kubectl(
        ...["-n", namespace, "get", "deployments,secrets,serviceaccounts,roles,rolebindings,certificates"],
      );
      return items.map(({ kind, metadata }: any) => `${kind} ${metadata.name}`) as string[];
    };
    assert.ok((await objects()).includes("ServiceAccount issuer"));
    await run.destroy();
    const left = await objects();
    assert.ok(left.includes("Deployment cert-manager"));
    assert.deepEqual(
      left.filter((name) => /issuer|ca-bundle|canary|trust-manager/.test(name)),
      [],
    );
    await inLab(["kubectl", "get", "crd", "certificates.cert-manager.io"]);
    const { items } = await kubectl("get", "clusterissuers");
    assert.deepEqual(items, []);
  });
});

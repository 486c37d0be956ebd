import assert from "node:assert/strict";
import { inLab, tryInLab } from "../support/lab";

/** A preview with some settings changed for this one run. */
async function previewWith(settings: Record<string, string>, kubeconfig?: string): Promise<string> {
  const changed = Object.entries(settings).flatMap(([key, value]) => ["--config", `${key}=${value}`]);
  const script = [
    // --config writes into the stack's settings file, so the run gets a copy.
    'd=$(mktemp -d); trap "rm -r $d" EXIT; cp "$PULUMI_OPTION_CONFIG_FILE" $d/Pulumi.lab.yaml',
    "export PULUMI_OPTION_CONFIG_FILE=$d/Pulumi.lab.yaml",
    ...(kubeconfig ? [`export KUBECONFIG=${kubeconfig}`] : []),
    'pulumi preview --non-interactive "$@"',
  ].join("\n");
  const result = await tryInLab(["sh", "-c", script, "preview", ...changed]);
  assert.notEqual(result.status, 0, `the preview is refused:\n${result.stdout}`);
  return result.stdout + result.stderr;
}

describe("a wrong setting", () => {
  it("is refused at preview together with all the others, each by its name", async () => {
    const text = await previewWith({
      podinfoHost: "www.example.org",
      vaultKeyThreshold: "3",
      issuingCaRoleMaxTtl: "99999h",
      vaultLoadBalancerIp: "192.168.1.999",
    });
    for (const setting of [
      "podinfoHost",
      "vaultKeyThreshold",
      "issuingCaRoleMaxTtl",
      "vaultLoadBalancerIp",
    ]) {
      assert.match(text, new RegExp(setting));
    }
  });

  it("such as the passphrase is refused without repeating it", async () => {
    const text = await previewWith({ caPassphrase: "not the passphrase 4711" });
    assert.match(text, /caPassphrase/);
    assert.ok(!text.includes("4711"));
  });

  it("such as an unreachable cluster names the context that was used", async () => {
    const kubeconfig = await inLab([
      "sh",
      "-c",
      'd=$(mktemp -d); sed "s#server: .*#server: https://127.0.0.1:1#" "$KUBECONFIG" >$d/config; echo $d/config',
    ]);
    try {
      const text = await previewWith({}, kubeconfig.trim());
      assert.match(text, /context/);
      assert.match(text, /127\.0\.0\.1:1/);
    } finally {
      await inLab(["rm", "-r", kubeconfig.trim().replace(/\/config$/, "")]);
    }
  });

  it("such as a namespace of somebody else's is refused with the ways out, where the stack's own are taken", async () => {
    await inLab(["kubectl", "create", "namespace", "theirs"]);
    try {
      const text = await previewWith({ podinfoNamespace: "theirs" });
      assert.match(text, /podinfoNamespace: the namespace theirs is there and is not marked as this stack's/);
      assert.match(
        text,
        /"kubectl annotate namespace theirs --overwrite cert-manager-vault\/stack=\S+\/lab"/,
      );
      assert.doesNotMatch(text, /vaultNamespace|certManagerNamespace/);
    } finally {
      await inLab(["kubectl", "delete", "namespace", "theirs"]);
    }
  });

  it("changes nothing: the next run still has nothing to do", async () => {
    await inLab(["pulumi", "preview", "--non-interactive", "--expect-no-changes"]);
  });
});

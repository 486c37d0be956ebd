import assert from "node:assert/strict";
import { PulumiCli } from "../../../operations/pulumi-cli";
import { readStack } from "../../../operations/stack";
import { project } from "../../../operations/stack-settings";
import { makeAuthority } from "../../support/openssl-ca";
import { defaultConfig } from "../../support/operations";

describe("what the commands know of a stack", () => {
  const root = makeAuthority({ name: "Root" });
  const intermediate = makeAuthority({ name: "Intermediate", issuer: root });
  const bundle = intermediate.certificatePem + intermediate.keyPem + root.certificatePem;

  /** The pulumi command with these settings beside the defaults, and these outputs; keeps what it is asked. */
  function pulumi(settings: Record<string, string>, outputs: object): { cli: PulumiCli; asked: string[] } {
    const cli = new PulumiCli("homelab");
    const asked: string[] = [];
    const plain = Object.entries(settings).map(([key, value]) => [key, { value, secret: false }]);
    const config = {
      ...defaultConfig(),
      ...Object.fromEntries(plain),
      [`${project}:caBundle`]: { secret: true },
    };
    cli.run = async (args) => {
      asked.push(args.join(" "));
      switch (args.slice(0, 2).join(" ")) {
        case "config --json":
          return JSON.stringify(config);
        case "config get":
          return bundle;
        case "stack output":
          return args.includes("--json") ? JSON.stringify(outputs) : "hvs.token\n";
        default:
          throw new Error(args.join(" "));
      }
    };
    return { cli, asked };
  }

  it("is in its outputs, without a secret until one is needed", async () => {
    const outputs = { vaultAddress: "https://10.0.0.9:8200", rootCaPem: root.certificatePem };
    const { cli, asked } = pulumi({ "kubernetes:context": "home" }, outputs);
    const stack = await readStack(cli);
    assert.deepEqual(stack.vault, { address: "https://10.0.0.9:8200", caPem: root.certificatePem });
    assert.equal(stack.pageUrl, undefined);
    assert.equal(stack.kubeConfigSource.context, "home");
    assert.equal(stack.settings.vaultReplicas, 1);
    assert.ok(asked.every((args) => !/get|show-secrets/.test(args)));
    assert.equal(await stack.vaultToken(), "hvs.token");
  });

  it("has Vault trusted by the CA of its listener, where that is not below the root", async () => {
    const other = makeAuthority({ name: "Listener CA" }).certificatePem;
    const outputs = {
      vaultAddress: "https://10.0.0.9:8200",
      rootCaPem: root.certificatePem,
      vaultCaPem: other,
    };
    const stack = await readStack(pulumi({}, outputs).cli);
    assert.equal(stack.vault.caPem, other);
    assert.equal(stack.rootCaPem, root.certificatePem);
  });

  it("is in its settings while it has not been brought up to the end", async () => {
    const { cli } = pulumi({ [`${project}:vaultLoadBalancerIp`]: "10.0.0.7" }, {});
    const stack = await readStack(cli);
    assert.equal(stack.vault.address, "https://10.0.0.7:8200");
    assert.equal(stack.rootCaPem, root.certificatePem);
    assert.equal(stack.pageUrl, "https://podinfo.wsp.local");
  });

  it("has no page where there is none", async () => {
    const { cli } = pulumi({ [`${project}:demo`]: "false" }, {});
    assert.equal((await readStack(cli)).pageUrl, undefined);
  });

  it("finds Vault where its port-forward answers, always at the same port, without another address", async () => {
    const settings = { [`${project}:vaultLoadBalancerIp`]: "" };
    const address = async (further = {}) =>
      (await readStack(pulumi({ ...settings, ...further }, {}).cli)).vaultAddress;
    assert.match(await address(), /^https:\/\/127\.0\.0\.1:2\d{4}$/);
    assert.equal(await address(), await address());
    const vaultEndpoint = "https://vault.home:8200";
    assert.equal(await address({ [`${project}:vaultEndpoint`]: vaultEndpoint }), vaultEndpoint);
  });

  it("is not there when a setting is at fault, which is named", async () => {
    const { cli } = pulumi({ [`${project}:vaultReplicas`]: "three" }, {});
    await assert.rejects(readStack(cli), /settings are at fault:\n {2}- vaultReplicas: three will not do/);
  });
});

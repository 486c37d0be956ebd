import assert from "node:assert/strict";
import { VaultServer, type VaultServerArgs } from "../../components";
import { Recording, value } from "../support/mocks";
import { recordProgram, stackName } from "../support/program";

async function chartValues(further: Partial<VaultServerArgs>): Promise<any> {
  const recording = await Recording.start();
  new VaultServer("server", {
    loadBalancerIp: "192.168.1.242",
    storageClass: "longhorn",
    listenerCertificateChainPem: "certificate",
    listenerPrivateKeyPem: "key",
    caChainPem: "chain",
    ...further,
  });
  return value((await recording.finish()).get("server-release").inputs.values);
}

const configOf = ({ server }: any): string => server.standalone.config ?? server.ha.raft.config;

/** Text of each listener in the configuration. */
function listeners(config: string): string[] {
  return config.match(/^listener "tcp" \{[^]*?^\}/gm) ?? [];
}

describe("Vault's metrics", function () {
  this.timeout(60_000);

  for (const [what, further] of [
    ["with file storage", {}],
    ["with integrated storage", { replicas: 3 }],
  ] as const) {
    it(`are told without a login on a listener of their own only, ${what}`, async () => {
      const values = await chartValues({ ...further, metrics: true });
      const [usual, own, ...more] = listeners(configOf(values));
      assert.deepEqual(more, []);
      assert.match(usual!, /^ {2}address +=\s"\[::\]:8200"$/m);
      assert.doesNotMatch(usual!, /telemetry/);
      assert.match(own!, /^ {2}address +=\s"\[::\]:8210"$/m);
      assert.match(own!, /^ {2}telemetry \{\n {4}unauthenticated_metrics_access = true\n {2}\}$/m);
      const files = (listener: string) => listener.match(/tls_\w+_file += ".*"/g);
      assert.deepEqual(files(own!), files(usual!), "the same certificate");
      assert.match(configOf(values), /^telemetry \{\n {2}prometheus_retention_time = "24h"/m);
    });

    it(`change nothing of Vault while they are not wanted, ${what}`, async () => {
      const values = await chartValues(further);
      assert.equal(listeners(configOf(values)).length, 1);
      assert.doesNotMatch(configOf(values), /telemetry/);
      assert.equal(values.server.extraPorts, undefined);
    });
  }

  it("change the pods, which would not be restarted for their configuration alone", async () => {
    const { server, ui } = await chartValues({ metrics: true });
    assert.deepEqual(server.extraPorts, [{ name: "metrics", containerPort: 8210 }]);
    assert.equal(ui.externalPort, 8200, "the LoadBalancer leads elsewhere");
  });

  it("are off by default, and on with monitoring, whose rules are an output where they are to be a file", async () => {
    const off = await recordProgram();
    const on = await recordProgram({ monitoring: "file" });
    const values = ({ recording }: typeof on) => value(recording.get("vault-release").inputs.values);
    assert.equal(listeners(configOf(values(off))).length, 1);
    assert.equal(listeners(configOf(values(on))).length, 2);
    assert.equal(off.recording.get(stackName).outputs!.prometheusRules, undefined);
    const { groups } = JSON.parse(value(on.recording.get(stackName).outputs!.prometheusRules));
    assert.deepEqual(
      groups.map(({ name }: { name: string }) => name),
      ["vault", "cert-manager", "certificate-authorities"],
    );
    assert.ok(!on.recording.all.some(({ type }) => type.startsWith("kubernetes:monitoring.coreos.com")));
  });
});

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import * as path from "node:path";
import { certificateBlocks } from "../../components/internal/pem";
import { eventually, inLab, kubectl, stackOutputs, tryInLab } from "../support/lab";
import { makeAuthority } from "../support/openssl-ca";
import { fetchPage } from "../support/page";
import { PrivateTrustStore } from "../support/private-trust-store";

const bundle = "homelab-roots";
const checkout = path.join(__dirname, "..", "..");

function fingerprints(pem: string): string[] {
  return certificateBlocks(pem)
    .map((block) => new X509Certificate(block).fingerprint256)
    .sort();
}

describe("the root in the cluster's namespaces", function () {
  this.timeout(180_000);
  const [trusting, indifferent] = ["trusting", "indifferent"];
  let rootCaPem: string;

  const roots = async (namespace: string): Promise<string | undefined> => {
    const { items } = await kubectl(
      "-n",
      namespace,
      "get",
      "configmaps",
      `--field-selector=metadata.name=${bundle}`,
    );
    return items[0]?.data?.["ca.crt"];
  };
  const eventuallyHolds = async (what: string, ...pems: string[]) => {
    const wanted = fingerprints(pems.join("\n"));
    await eventually(what, 30, async () => {
      return JSON.stringify(fingerprints((await roots(trusting)) ?? "")) === JSON.stringify(wanted);
    });
  };
  const setSources = (...pems: string[]) => {
    const patch = { spec: { sources: pems.map((inLine) => ({ inLine })) } };
    return inLab(["kubectl", "patch", "bundle", bundle, "--type=merge", "--patch", JSON.stringify(patch)]);
  };

  before(async () => {
    ({ rootCaPem } = await stackOutputs());
    for (const namespace of [trusting, indifferent]) {
      await inLab(["kubectl", "create", "namespace", namespace]);
    }
  });

  after(async () => {
    await setSources(rootCaPem);
    await inLab(["kubectl", "delete", "namespace", trusting, indifferent, "--wait=false"]);
  });

  it("comes to a namespace with the label, and to no other", async () => {
    await inLab(["kubectl", "label", "namespace", trusting, "trust=homelab"]);
    await eventuallyHolds("the root in the labelled namespace", rootCaPem);
    assert.equal(await roots(indifferent), undefined);
    assert.equal(await roots("podinfo"), undefined);
  });

  it("is all that a client needs to trust the page", async () => {
    assert.match((await fetchPage((await roots(trusting))!)).message, /podinfo/);
  });

  it("is followed by a second one, and leaves again, as the Bundle says", async () => {
    const next = makeAuthority({ name: "Next Root" }).certificatePem;
    await setSources(rootCaPem, next);
    await eventuallyHolds("both roots", rootCaPem, next);
    assert.match((await fetchPage((await roots(trusting))!)).message, /podinfo/);
    await setSources(rootCaPem);
    await eventuallyHolds("the one root", rootCaPem);
  });

  it("goes with the label", async () => {
    await inLab(["kubectl", "label", "namespace", trusting, "trust-"]);
    await eventually("no ConfigMap", 30, async () => (await roots(trusting)) === undefined);
  });

  it("comes by a trust-manager that can write no Secret, and read none outside its namespace", async () => {
    const can = async (...what: string[]) => {
      const as = "--as=system:serviceaccount:cert-manager:trust-manager";
      return (await tryInLab(["kubectl", "auth", "can-i", ...what, as])).stdout.trim();
    };
    assert.equal(await can("get", "secrets", "-n", "vault"), "no");
    assert.equal(await can("create", "secrets", "-n", "podinfo"), "no");
    assert.equal(await can("patch", "configmaps", "-n", "podinfo"), "yes", "the question is asked rightly");
  });
});

describe("npm run trust on the owner's machine", function () {
  this.timeout(180_000);
  let store: PrivateTrustStore;
  let atFirst: string;
  let bundleAtFirst: string;

  /** What this machine itself trusts, outside the lab. */
  const machine = () =>
    execFileSync(
      "sh",
      [
        "-c",
        "cat /etc/ssl/certs/ca-certificates.crt; ls -la /etc/ssl/certs /usr/local/share/ca-certificates",
      ],
      {
        encoding: "utf8",
      },
    );
  const trust = (...args: string[]) =>
    store.run(["npm", "--prefix", checkout, "run", "-s", "trust", "--", ...args]);

  /** Clients without any setting of their own, and how each says that it does not trust the page. */
  const clients: Record<string, [command: string[], refusal: RegExp]> = {
    curl: [
      ["curl", "-fsS", "https://podinfo.wsp.local"],
      /unable to get (local )?issuer certificate|self.signed/i,
    ],
    "openssl s_client": [
      [
        "openssl",
        "s_client",
        "-connect",
        "podinfo.wsp.local:443",
        "-verify_return_error",
        "-verify_hostname",
        "podinfo.wsp.local",
      ],
      /unable to get (local )?issuer certificate|self.signed/i,
    ],
    "Node.js with --use-system-ca": [
      [
        "node",
        "--use-system-ca",
        "-e",
        'fetch("https://podinfo.wsp.local").then((answer) => answer.text()).then(console.log)',
      ],
      /UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF)|SELF_SIGNED_CERT/,
    ],
  };
  const eachClient = async (trusts: boolean) => {
    for (const [client, [command, refusal]] of Object.entries(clients)) {
      const { status, stdout, stderr } = await store.attempt(command);
      assert.equal(status === 0, trusts, `${client}: ${stderr}`);
      assert.match(stdout + stderr, trusts ? /podinfo/ : refusal, client);
    }
  };

  before(async () => {
    atFirst = machine();
    store = PrivateTrustStore.create();
    await store.run(["update-ca-certificates", "--fresh"]);
    bundleAtFirst = await store.run(["cat", "/etc/ssl/certs/ca-certificates.crt"]);
  });

  after(() => store.remove());

  it("clients trust the page after install, without a flag, and did not before", async () => {
    await eachClient(false);
    assert.match(
      await trust("install"),
      /^"CN=Home Lab Root CA, .*" is in \/usr\/local\/share\/ca-certificates\//m,
    );
    await eachClient(true);
  });

  it("a second install has nothing to do", async () => {
    assert.match(await trust("install"), /trust store \(.*\) is as it should be already/);
  });

  it("a file with an intermediate is refused, and nothing is changed", async () => {
    const intermediate = makeAuthority({ name: "Intermediate", issuer: makeAuthority({ name: "Root" }) });
    const args = ["run", "-s", "trust", "--", "install", "--file", intermediate.certificateFile];
    const { status, stderr } = await store.attempt(["npm", "--prefix", checkout, ...args]);
    assert.equal(status, 1);
    assert.match(stderr, /was issued by "CN=Root, O=Home Lab": give the root/);
  });

  it("no client trusts it after remove, and the store is as it was", async () => {
    assert.match(await trust("remove"), /\.crt is gone$/m);
    await eachClient(false);
    assert.equal(await store.run(["cat", "/etc/ssl/certs/ca-certificates.crt"]), bundleAtFirst);
    assert.match(await trust("remove"), /is as it should be already/);
  });

  it("this machine itself has noticed nothing", () => {
    assert.equal(machine(), atFirst);
  });
});

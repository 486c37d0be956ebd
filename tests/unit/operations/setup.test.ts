import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as yaml from "js-yaml";
import { PulumiCli, type StackConfig } from "../../../operations/pulumi-cli";
import { readFlags } from "../../../operations/setup/flags";
import { firstFree } from "../../../operations/setup/load-balancer-addresses";
import type { Prompter } from "../../../operations/setup/prompter";
import { setUp } from "../../../operations/setup/set-up";
import { FakeCluster } from "../../support/fake-cluster";
import { encryptedKey, makeAuthority } from "../../support/openssl-ca";
import { defaultConfig } from "../../support/operations";

const project = "cert-manager-vault";

/** Answers what a stack is asked, and keeps what it is told. */
class FakePulumi {
  stacks: string[] = [];
  config: StackConfig = defaultConfig();
  readonly written: { args: string[]; input?: string }[] = [];

  cli = (stack?: string): PulumiCli => {
    const fake = new PulumiCli(stack);
    fake.run = async (args, input) => this.answer(args, input);
    return fake;
  };

  /** What was written in clear, by setting. */
  get plain(): Record<string, unknown> {
    const all = this.written.find(({ args }) => args[1] === "set-all");
    const entries = JSON.parse(all?.args.at(-1) ?? "{}") as Record<
      string,
      { value: string; objectValue?: string[] }
    >;
    return Object.fromEntries(
      Object.entries(entries).map(([key, { value, objectValue }]) => [
        key.replace(`${project}:`, ""),
        objectValue ?? value,
      ]),
    );
  }

  get secret(): Record<string, string | undefined> {
    const set = this.written.filter(({ args }) => args.includes("--secret"));
    return Object.fromEntries(set.map(({ args, input }) => [args[3]!.replace(`${project}:`, ""), input]));
  }

  private answer(args: string[], input?: string): string {
    switch (args.slice(0, 2).join(" ")) {
      case "whoami --verbose":
        return '{"url":"file://~"}';
      case "stack --show-name":
        return "";
      case "stack ls":
        return JSON.stringify(this.stacks.map((name) => ({ name })));
      case "config --json":
        return JSON.stringify(this.config);
      default:
        this.written.push({ args, input });
        return "";
    }
  }
}

/** A cert-manager in namespace `tools`, as the cluster lists it. */
function certManagerOf(spec: object = { serviceAccountName: "cert-manager" }, name = "cert-manager"): object {
  const metadata = { name, namespace: "tools", labels: { "app.kubernetes.io/version": "v1.18.0" } };
  const template = { spec: { containers: [{ name: "controller" }], ...spec } };
  return {
    kind: "DeploymentList",
    apiVersion: "apps/v1",
    items: [{ metadata, spec: { selector: {}, template } }],
  };
}

describe("npm run setup", function () {
  this.timeout(60_000);
  const root = makeAuthority({ name: "Root" });
  const intermediate = makeAuthority({ name: "Intermediate", issuer: root });
  let pulumi: FakePulumi;
  let cluster: FakeCluster;
  let directory: string;
  let complaints: string;
  const console_ = { log: console.log, error: console.error };

  beforeEach(async () => {
    pulumi = new FakePulumi();
    cluster = await FakeCluster.start();
    directory = mkdtempSync(path.join(tmpdir(), "setup-"));
    writeFileSync(file("key.pem"), encryptedKey(intermediate, "correct horse"));
    writeFileSync(file("kubeconfig"), cluster.kubeconfig);
    pulumi.config["kubernetes:kubeconfig"] = { value: file("kubeconfig"), secret: false };
    complaints = "";
    console.log = () => undefined;
    console.error = (text: string) => (complaints += text);
  });

  afterEach(async () => {
    Object.assign(console, console_);
    delete process.env.PULUMI_OPTION_CONFIG_FILE;
    delete process.env.KUBECONFIG;
    rmSync(directory, { recursive: true });
    await cluster.stop();
  });

  const file = (name: string) => path.join(directory, name);
  const caFlags = () =>
    [intermediate.certificateFile, file("key.pem"), root.certificateFile].flatMap((name) => [
      "--ca-file",
      name,
    ]);
  const person = { environment: { PULUMI_CONFIG_PASSPHRASE: "x", CA_PASSPHRASE: "correct horse" } };

  /** Of a stack that is new, or whose settings file has these keys. */
  async function run(
    args: string[],
    prompter?: Prompter,
    own: Record<string, unknown> = {},
  ): Promise<number> {
    process.env.PULUMI_OPTION_CONFIG_FILE = file("Pulumi.test.yaml");
    process.env.KUBECONFIG = file("kubeconfig");
    writeFileSync(file("Pulumi.test.yaml"), yaml.dump({ config: own }));
    return setUp(readFlags(["--stack", "test", ...args]), pulumi.cli, { ...person, prompter });
  }

  describe("without a terminal", () => {
    it("names everything that is missing at once, and writes nothing", async () => {
      assert.equal(await run([]), 1);
      for (const name of ["domains", "vaultLoadBalancerIp"]) {
        assert.match(complaints, new RegExp(`- ${name}: is not given .*: --${name} VALUE`));
      }
      assert.match(complaints, /- caBundle: is not set: .*--ca-file FILE/);
      assert.doesNotMatch(complaints, /podinfo/);
      assert.deepEqual(pulumi.written, []);
    });

    it("names the passphrase that Pulumi would ask for", async () => {
      const flags = readFlags(["--stack", "test"]);
      assert.equal(await setUp(flags, pulumi.cli, { environment: {} }), 1);
      assert.match(complaints, /- PULUMI_CONFIG_PASSPHRASE_FILE: is not set/);
    });

    it("refuses a wrong answer in the program's own words, and writes nothing", async () => {
      const flags = ["--domains", "home.example", "--vaultLoadBalancerIp", "10.0.0.999", ...caFlags()];
      assert.equal(await run([...flags, "--podinfoHost", "page.other.example"]), 1);
      assert.match(complaints, /vaultLoadBalancerIp: "10\.0\.0\.999" will not do: give an IPv4 address/);
      assert.match(complaints, /podinfoHost: no role of Vault would admit page\.other\.example/);
      assert.deepEqual(pulumi.written, []);
    });

    it("asks nothing about the page where there is to be none, nor for an ingress class", async () => {
      cluster.ingressClasses = [];
      const flags = ["--domains", "home.example", "--vaultLoadBalancerIp=", "--demo=false", ...caFlags()];
      assert.equal(await run(flags), 0, complaints);
      const written = Object.keys(pulumi.plain).sort();
      assert.deepEqual(written, [
        "demo",
        "domains",
        "issuingCaCommonName",
        "vaultLoadBalancerIp",
        "vaultStorageClass",
      ]);
    });

    it("takes an empty address of Vault for a port-forward", async () => {
      const flags = ["--domains", "home.example", "--vaultLoadBalancerIp=", ...caFlags()];
      assert.equal(await run(flags), 0, complaints);
      assert.equal(pulumi.plain.vaultLoadBalancerIp, "");
    });

    it("refuses a storage class that the cluster does not have", async () => {
      const flags = ["--domains", "home.example", "--vaultLoadBalancerIp", "10.0.0.9", ...caFlags()];
      assert.equal(await run([...flags, "--vaultStorageClass", "fast"]), 1);
      assert.match(complaints, /vaultStorageClass: there is no storage class fast/);
    });

    it("writes a new stack from flags and what the cluster offers, secrets by standard input only", async () => {
      cluster.objects["/apis/metallb.io/v1beta1/ipaddresspools"] = {
        items: [{ spec: { addresses: ["10.0.0.240-10.0.0.250"] } }],
      };
      cluster.objects["/api/v1/services"] = {
        kind: "ServiceList",
        apiVersion: "v1",
        items: [{ spec: {}, status: { loadBalancer: { ingress: [{ ip: "10.0.0.240" }] } } }],
      };
      assert.equal(await run(["--domains", "home.example,lab.example", ...caFlags()]), 0, complaints);
      assert.deepEqual(pulumi.written[0]!.args.slice(0, 4), ["stack", "select", "--create", "test"]);
      assert.deepEqual(pulumi.plain, {
        domains: ["home.example", "lab.example"],
        vaultLoadBalancerIp: "10.0.0.241",
        vaultStorageClass: "",
        podinfoHost: "podinfo.home.example",
        podinfoAliases: [],
        ingressClassName: "",
        issuingCaCommonName: "home.example Vault Intermediate",
      });
      const { caBundle, caPassphrase } = pulumi.secret;
      assert.equal(caPassphrase, "correct horse");
      assert.ok(caBundle!.includes(root.certificatePem.trim()));
      const words = pulumi.written.flatMap(({ args }) => args).join(" ");
      assert.doesNotMatch(words, /correct horse|PRIVATE KEY/);
    });

    it("keeps what a stack has, its defaults included, and changes what a flag names", async () => {
      pulumi.stacks = ["test"];
      const own = {
        [`${project}:domains`]: { value: '["home.example"]', secret: false },
        [`${project}:podinfoHost`]: { value: "podinfo.home.example", secret: false },
        [`${project}:podinfoAliases`]: { value: "[]", secret: false },
        [`${project}:caBundle`]: {
          value: intermediate.certificatePem + intermediate.keyPem + root.certificatePem,
          secret: true,
        },
      };
      Object.assign(pulumi.config, own);
      assert.equal(await run(["--vaultReplicas", "3"], undefined, own), 0, complaints);
      assert.deepEqual(pulumi.plain, { vaultReplicas: "3" });
      assert.deepEqual(pulumi.secret, {});
      assert.deepEqual(pulumi.written[0]!.args, ["stack", "select", "test"]);
    });

    describe("in a cluster with a cert-manager", () => {
      const flags = () => ["--domains", "home.example", "--vaultLoadBalancerIp", "10.0.0.9", ...caFlags()];
      const written = ({ certManagerExisting, certManagerNamespace }: Record<string, unknown>) => ({
        certManagerExisting,
        certManagerNamespace,
      });
      const none = { certManagerExisting: undefined, certManagerNamespace: undefined };
      const deployments = "/apis/apps/v1/deployments";

      it("uses it as it is, where it is", async () => {
        cluster.objects[deployments] = certManagerOf();
        assert.equal(await run(flags()), 0, complaints);
        assert.deepEqual(written(pulumi.plain), {
          certManagerExisting: "true",
          certManagerNamespace: "tools",
        });
      });

      it("that a stack of this program has installed leaves it to that", async () => {
        cluster.objects[deployments] = certManagerOf();
        cluster.objects["/api/v1/namespaces/tools"] = {
          kind: "Namespace",
          metadata: { name: "tools", annotations: { "cert-manager-vault/stack": `ann/${project}/other` } },
        };
        assert.equal(await run(flags()), 0, complaints);
        assert.deepEqual(written(pulumi.plain), none);
      });

      it("does as the flag says", async () => {
        cluster.objects[deployments] = certManagerOf();
        assert.equal(await run([...flags(), "--certManagerExisting=false"]), 0, complaints);
        assert.equal(pulumi.plain.certManagerNamespace, undefined);
        assert.notEqual(pulumi.plain.certManagerExisting, "true");
      });

      it("that would not do, is none, or may not be looked at installs one", async () => {
        for (const answer of [
          certManagerOf({ serviceAccountName: "other" }),
          certManagerOf(undefined, "other"),
        ]) {
          cluster.objects[deployments] = answer;
          assert.equal(await run(flags()), 0, complaints);
          assert.deepEqual(written(pulumi.plain), none);
        }
        cluster.answers[deployments] = 403;
        assert.equal(await run(flags()), 0, complaints);
        assert.deepEqual(written(pulumi.plain), none);
        assert.equal(pulumi.plain.vaultStorageClass, "", "what else it has is offered all the same");
      });
    });

    it("refuses flags that there are not, secrets among them", () => {
      assert.throws(() => readFlags(["--podinfoHosts", "x"]), /'--podinfoHosts'/);
      assert.throws(() => readFlags(["--caPassphrase", "x"]), /'--caPassphrase'/);
    });
  });

  describe("with a person at the terminal", () => {
    /** Gives the answers by a part of the question, or what is offered; keeps the questions. */
    function answering(answers: Record<string, string[]>): Prompter & { asked: string[]; said: string[] } {
      const asked: string[] = [];
      const said: string[] = [];
      const take = (message: string, offered?: string) => {
        asked.push(message);
        const key = Object.keys(answers).find((part) => message.includes(part));
        return (key && answers[key]!.shift()) ?? offered ?? "";
      };
      return {
        asked,
        said,
        async text({ message, offered, fault }) {
          for (;;) {
            const answer = take(message, offered);
            const complaint = fault(answer);
            if (complaint === undefined) {
              return answer;
            }
            said.push(complaint);
          }
        },
        choose: async ({ message, offered, choices }) => take(message, offered ?? choices[0]!.value),
        secret: async (message) => take(message),
        say: (text) => void said.push(text),
      };
    }

    const caFiles = () => [intermediate.certificateFile, file("key.pem"), root.certificateFile].join(", ");

    it("asks, checks each answer at once, and offers what follows from the others", async () => {
      const prompter = answering({
        "Files of": [caFiles()],
        Passphrase: ["correct horse"],
        Domains: ["Home.Example", "home.example"],
        "Vault's IPv4 address": ["10.0.0.9"],
      });
      assert.equal(await run([], prompter), 0, complaints);
      assert.match(prompter.said.join("\n"), /domains: "Home\.Example" will not do/);
      assert.equal(pulumi.plain.podinfoHost, "podinfo.home.example");
      assert.equal(pulumi.plain.vaultStorageClass, "");
      assert.equal(pulumi.secret.caPassphrase, "correct horse");
      assert.ok(!prompter.asked.some((question) => question.includes("Common name")));
    });

    it("asks again for what turns out wrong at the end, the passphrase as well", async () => {
      const prompter = answering({
        "Files of": [caFiles(), caFiles()],
        Passphrase: ["wrong", "correct horse"],
        Domains: ["home.example"],
        "Vault's IPv4 address": ["10.0.0.9"],
      });
      assert.equal(await run([], prompter), 0, complaints);
      assert.match(prompter.said.join("\n"), /caBundle: .*passphrase/i);
      assert.equal(pulumi.secret.caPassphrase, "correct horse");
    });

    it("has a person choose whether to use the cluster's own cert-manager", async () => {
      cluster.objects["/apis/apps/v1/deployments"] = certManagerOf();
      const flags = ["--domains", "home.example", "--vaultLoadBalancerIp", "10.0.0.9", ...caFlags()];
      const prompter = answering({ "cert-manager": ["false"] });
      assert.equal(await run(flags, prompter), 0, complaints);
      assert.equal(pulumi.plain.certManagerExisting, "false");
      assert.equal(pulumi.plain.certManagerNamespace, undefined);
      pulumi = Object.assign(new FakePulumi(), { config: pulumi.config });
      assert.equal(await run(flags, answering({})), 0, complaints);
      assert.equal(pulumi.plain.certManagerExisting, "true", "which is offered");
      assert.equal(pulumi.plain.certManagerNamespace, "tools", "and follows without a question");
    });

    it("asks for no more than the flags leave open", async () => {
      const prompter = answering({});
      const flags = [
        ...[
          "--domains",
          "home.example",
          "--vaultLoadBalancerIp",
          "10.0.0.9",
          "--podinfoHost",
          "p.home.example",
        ],
        ...["--vaultStorageClass", "longhorn", "--ingressClassName", "haproxy", ...caFlags()],
      ];
      assert.equal(await run(flags, prompter), 0, complaints);
      assert.deepEqual(prompter.asked, []);
    });
  });

  describe("a free address", () => {
    it("is the first of a range or a network that no Service has", () => {
      assert.equal(firstFree(["192.168.1.240-192.168.1.242"], ["192.168.1.240"]), "192.168.1.241");
      assert.equal(firstFree(["10.0.0.0/30"], []), "10.0.0.1");
      assert.equal(firstFree(["10.0.0.0/30"], ["10.0.0.1"]), "10.0.0.2");
      assert.equal(firstFree(["10.0.0.255-10.0.1.1"], ["10.0.0.255"]), "10.0.1.0");
      assert.equal(firstFree(["10.0.0.5"], []), "10.0.0.5");
      assert.equal(firstFree(["10.0.0.7/32"], []), "10.0.0.7");
    });

    it("is none when all are taken, or the range is not of IPv4", () => {
      assert.equal(firstFree(["10.0.0.5"], ["10.0.0.5"]), undefined);
      assert.equal(firstFree(["fd00::/64", "any", ""], []), undefined);
    });
  });
});

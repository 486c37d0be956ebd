import assert from "node:assert/strict";
import { presentApproval } from "../../settings/approver-rules";
import { fakeApi, type FakeApi } from "../support/fake-api";
import { value, type RecordedResource, type Recording } from "../support/mocks";
import { recordProgram } from "../support/program";
import { readWith } from "../support/settings";

const clients = { name: "clients", domains: ["clients.homelab.local"] };
const team = { name: "team", kind: "Issuer", namespace: "team", domains: ["team.homelab.local"] };

describe("The settings of who may ask for what", () => {
  const faults = (changes: Record<string, unknown>) => readWith(changes).faults;

  it("are right with approverPolicy, and without any", () => {
    assert.deepEqual(faults({}), []);
    assert.deepEqual(
      faults({
        approverPolicy: true,
        issuerNamespaces: ["web"],
        issuers: [{ ...clients, namespaces: ["factory"] }, team],
        otherClusterIssuers: ["letsencrypt", "team"],
      }),
      [],
    );
  });

  it("are refused where they would limit nobody", () => {
    assert.deepEqual(faults({ issuerNamespaces: ["web"], issuers: [{ ...clients, namespaces: ["web"] }] }), [
      'issuerNamespaces: limits nobody while approverPolicy is false: "pulumi config set approverPolicy true", ' +
        'or "pulumi config rm issuerNamespaces"',
      'issuers[0].namespaces: limits nobody while approverPolicy is false: "pulumi config set approverPolicy true", ' +
        "or take it out",
    ]);
  });

  it("are refused with a cert-manager that is not the program's to change", () => {
    assert.deepEqual(faults({ approverPolicy: true, certManagerExisting: true }), [
      "approverPolicy: needs a cert-manager that does not approve requests itself, and with certManagerExisting it is not " +
        "this program's to change: set one of the two to false",
    ]);
  });

  it("are refused for an Issuer, which has one namespace", () => {
    assert.deepEqual(faults({ approverPolicy: true, issuers: [{ ...team, namespaces: ["web"] }] }), [
      "issuers[0].namespaces: an Issuer is for its own namespace only: take it out, or give kind ClusterIssuer",
    ]);
  });

  it("are refused with what is no namespace, by its place", () => {
    const [fault, ...others] = faults({ approverPolicy: true, issuers: [{ ...clients, namespaces: ["A"] }] });
    assert.deepEqual(others, []);
    assert.match(fault!, /^issuers\[0\]\.namespaces\[0\]: "A" will not do: give a Kubernetes namespace/);
  });

  it("are refused with an issuer of the program among the others, and with one that is given twice", () => {
    const otherClusterIssuers = ["vault-issuer", "clients", "letsencrypt", "letsencrypt"];
    assert.deepEqual(faults({ approverPolicy: true, issuers: [clients], otherClusterIssuers }), [
      "otherClusterIssuers: vault-issuer is made by this program, and has limits of its own: take it out",
      "otherClusterIssuers: clients is made by this program, and has limits of its own: take it out",
      "otherClusterIssuers: letsencrypt is given twice: list it once",
    ]);
  });
});

/** cert-manager's controller as the chart writes it. */
const controller = (...args: string[]) => ({
  spec: { template: { spec: { containers: [{ args: ["--v=2", ...args] }] } } },
});
const switchedOff = "--controllers=-certificaterequests-approver";

describe("How requests are approved before a run", () => {
  let api: FakeApi;
  let deployment: object | undefined;
  let asked: string[];

  before(async () => {
    api = await fakeApi((_, { pathname }) => {
      asked.push(pathname);
      if (pathname === "/apis/apps/v1/namespaces/certificates/deployments/cert-manager" && deployment) {
        return [200, deployment];
      }
      const names = ["vault-issuer", "clients", "letsencrypt", "own-ca"];
      return pathname === "/apis/cert-manager.io/v1/clusterissuers"
        ? [200, { items: names.map((name) => ({ metadata: { name } })) }]
        : [404, { kind: "Status", code: 404 }];
    });
  });

  beforeEach(() => {
    asked = [];
    deployment = controller();
  });

  after(() => api.stop());

  const approval = (approverPolicy: boolean) => {
    const { settings } = readWith({
      approverPolicy,
      certManagerNamespace: "certificates",
      issuers: [clients],
      otherClusterIssuers: ["own-ca"],
    });
    return presentApproval({ kubeconfig: api.kubeconfig }, settings!);
  };

  it("is not asked for without approverPolicy", async () => {
    assert.deepEqual(await approval(false), { byCertManager: false, notes: [] });
    assert.deepEqual(asked, []);
  });

  it("is by cert-manager where its approver runs; of ClusterIssuers that will have no policy is told", async () => {
    const { byCertManager, notes } = await approval(true);
    assert.equal(byCertManager, true);
    assert.equal(notes.length, 1, notes.join("\n"));
    assert.match(
      notes[0]!,
      /^approverPolicy: from this run on, the ClusterIssuer letsencrypt gives .*: add letsencrypt to otherClusterIssuers/,
    );
  });

  it("is by another where that is switched off, and nobody is told again", async () => {
    deployment = controller(switchedOff);
    assert.deepEqual(await approval(true), { byCertManager: false, notes: [] });
  });

  it("is by nobody where there is no cert-manager", async () => {
    deployment = undefined;
    assert.deepEqual(await approval(true), { byCertManager: false, notes: [] });
  });
});

describe("The program with approverPolicy", function () {
  this.timeout(60_000);
  let recording: Recording;
  const settings = {
    approverPolicy: true,
    certManagerNamespace: "certificates",
    issuerNamespaces: ["web", "podinfo"],
    issuers: [{ ...clients, namespaces: ["factory"] }, team],
    otherClusterIssuers: ["letsencrypt"],
    trustBundle: "homelab-roots",
  };

  before(async () => {
    ({ recording } = await recordProgram(settings));
  });

  /** What a resource waits for: by itself, and by its component. */
  const awaited = (of: Recording, name: string): string[] => {
    const direct = ({ dependsOn, parent }: RecordedResource): string[] =>
      parent ? [...dependsOn, ...direct(of.get(parent))] : dependsOn;
    return direct(of.get(name));
  };
  const begun = (of: Recording, name: string) => of.all.indexOf(of.get(name));
  const policiesOf = (of: Recording) =>
    of.all.filter(
      ({ type }) => type === "kubernetes:policy.cert-manager.io/v1alpha1:CertificateRequestPolicy",
    );
  const rulesOf = (name: string): string[] =>
    recording
      .get(`policy-${name}-policy`)
      .inputs.spec.allowed.dnsNames.validations?.map(({ rule }: { rule: string }) => rule) ?? [];

  it("has one policy for each ClusterIssuer, and one for all Issuers", () => {
    const selected = policiesOf(recording).map(({ inputs }) => {
      const { kind, name } = inputs.spec.selector.issuerRef;
      return `${inputs.metadata.name}: ${kind} ${name}`;
    });
    assert.deepEqual(selected.sort(), [
      "clients: ClusterIssuer clients",
      "issuers.cert-manager.io: Issuer *",
      "letsencrypt: ClusterIssuer letsencrypt",
      "vault-issuer: ClusterIssuer vault-issuer",
    ]);
  });

  it("allows each ClusterIssuer of its own what Vault's role does, to the namespaces that are given and its own", () => {
    const roles = { "vault-issuer": "issuing-ca-role", clients: "issuer-role-clients-role" };
    for (const [policy, role] of Object.entries(roles)) {
      const { allowedDomains } = value(recording.get(role).inputs) as { allowedDomains: string[] };
      const domains = allowedDomains.map((domain) => `'${domain}'`).join(", ");
      assert.ok(rulesOf(policy)[0]!.startsWith(`[${domains}].exists(`), policy);
    }
    assert.equal(rulesOf("vault-issuer")[1], "cr.namespace in ['certificates', 'podinfo', 'web']");
    assert.equal(rulesOf("clients")[1], "cr.namespace in ['certificates', 'factory']");
    assert.deepEqual([...rulesOf("letsencrypt"), ...rulesOf("issuers.cert-manager.io")], []);
  });

  it("limits no namespace where none is given", async () => {
    const other = await recordProgram({ approverPolicy: true });
    const { validations } = other.recording.get("policy-vault-issuer-policy").inputs.spec.allowed.dnsNames;
    assert.equal(validations.length, 1);
  });

  it("has its own certificates allowed by these rules", () => {
    const own = ["vault-issuer-canary", "issuer-clients-canary"].map((name) => recording.get(name).inputs);
    const { metadata, spec } = recording.get("podinfo-ingress").inputs;
    const [tls] = spec.tls;
    const page = {
      metadata: { namespace: metadata.namespace },
      spec: {
        dnsNames: [...tls.hosts, metadata.annotations["cert-manager.io/common-name"]],
        issuerRef: { name: metadata.annotations["cert-manager.io/cluster-issuer"] },
      },
    };
    for (const certificate of [...own, page]) {
      const [names, namespaces] = rulesOf(certificate.spec.issuerRef.name);
      const list = (rule: string) => [...rule.matchAll(/'([\w.-]{2,})'/g)].map(([, text]) => text!);
      assert.ok(list(namespaces!).includes(certificate.metadata.namespace), namespaces);
      for (const name of certificate.spec.dnsNames as string[]) {
        assert.ok(
          list(names!).some((domain) => name === domain || name.endsWith(`.${domain}`)),
          name,
        );
      }
    }
  });

  it("gives the right to use the policies to cert-manager where it is", () => {
    for (const { parent } of policiesOf(recording)) {
      const [subject] = recording.get(`${parent}-role-binding`).inputs.subjects;
      assert.deepEqual([subject.name, subject.namespace], ["cert-manager", "certificates"]);
    }
  });

  it("has cert-manager there first, which approves nothing, and the policies before anything that is issued", () => {
    assert.equal(value(recording.get("cert-manager-release").inputs).values.disableAutoApproval, true);
    assert.ok(awaited(recording, "approver-policy-release").includes("cert-manager-release"));
    for (const { name } of policiesOf(recording)) {
      assert.ok(awaited(recording, name).includes("approver-policy-admission"), name);
      for (const issued of ["vault-issuer-canary", "issuer-clients-canary", "issuer-team-canary"]) {
        assert.ok(awaited(recording, issued).includes(name), `${issued} waits for ${name}`);
      }
      assert.ok(
        awaited(recording, "trust-manager-release").includes(name),
        "trust-manager's own certificate",
      );
    }
  });

  it("has the policies there before a cert-manager that approved everything so far stops to", async () => {
    const path = "/apis/apps/v1/namespaces/certificates/deployments/cert-manager";
    const second = (await recordProgram(settings, false, undefined, { [path]: controller() })).recording;
    assert.equal(value(second.get("cert-manager-release").inputs).values.disableAutoApproval, true);
    assert.equal(policiesOf(second).length, 4);
    for (const { name } of policiesOf(second)) {
      assert.ok(awaited(second, "cert-manager-release").includes(name), name);
      assert.ok(begun(second, name) < begun(second, "cert-manager-release"), `${name} is asked for first`);
      assert.ok(awaited(second, name).includes("approver-policy-admission"), name);
    }
    assert.ok(!awaited(second, "approver-policy-release").includes("cert-manager-release"));
    const names = (of: Recording) => of.all.map(({ type, name }) => `${type} ${name}`).sort();
    assert.deepEqual(names(second), names(recording), "the same as in a new cluster, in another order");
  });

  it("is not there by default", async () => {
    const other = await recordProgram();
    assert.deepEqual(policiesOf(other.recording), []);
    assert.ok(!other.recording.all.some(({ name }) => name.startsWith("approver-policy")));
    assert.ok(!("disableAutoApproval" in other.recording.get("cert-manager-release").inputs.values));
  });
});

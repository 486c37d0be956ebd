import assert from "node:assert/strict";
import { eventually, inLab, kubectl } from "../support/lab";
import { issueAgain } from "../support/page";
import { beginRenewal, canary, certificate, page, renew } from "../support/renewal";
import { StackRun } from "../support/stack";

const [allowed, foreign] = ["web", "elsewhere"];
const main = { kind: "ClusterIssuer", name: "vault-issuer" };
const listed = { kind: "ClusterIssuer", name: "own-ca" };
const forgotten = { kind: "ClusterIssuer", name: "forgotten-ca" };
const ofNamespace = { kind: "Issuer", name: "own-ca" };

async function apply(...objects: object[]): Promise<void> {
  await inLab(["kubectl", "apply", "-f", "-"], {
    input: JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
  });
}

/** Has cert-manager ask for a certificate, whose Secret has the same name. */
async function ask(name: string, namespace: string, issuer: object, names: object): Promise<void> {
  await apply({
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    metadata: { name, namespace },
    spec: { secretName: name, ...names, issuerRef: { ...issuer, group: "cert-manager.io" } },
  });
}

/** What has been decided on the first request of a Certificate. */
async function decision(name: string, namespace: string): Promise<{ type: string; message: string }> {
  let found: { type: string; message: string } | undefined;
  await eventually(`a decision on ${name}`, 60, async () => {
    const { status } = await kubectl("-n", namespace, "get", "certificaterequest", `${name}-1`);
    found = status.conditions.find(({ type }: any) => ["Approved", "Denied"].includes(type));
    return found !== undefined;
  });
  return found!;
}

async function becomesReady(name: string, namespace: string): Promise<void> {
  const what = ["--for=condition=Ready", `certificate/${name}`, "--timeout=120s"];
  await inLab(["kubectl", "-n", namespace, "wait", ...what]);
}

/** Names of the cluster's objects of a kind that belong to approver-policy. */
async function ofApprover(kind: string): Promise<string[]> {
  const { items } = await kubectl("get", kind, "--all-namespaces");
  return items
    .map(({ metadata }: any) => metadata.name)
    .filter((name: string) => /approver-policy|policy\.cert-manager|cert-manager-policy:/.test(name));
}

describe("who may ask a ClusterIssuer for which names", function () {
  this.timeout(900_000);
  let run: StackRun;

  before(async () => {
    const selfSigned = { apiVersion: "cert-manager.io/v1", spec: { selfSigned: {} } };
    await apply(
      ...[allowed, foreign].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
      ...[listed, forgotten].map(({ kind, name }) => ({ ...selfSigned, kind, metadata: { name } })),
      { ...selfSigned, kind: ofNamespace.kind, metadata: { name: ofNamespace.name, namespace: foreign } },
    );
    run = await StackRun.with({
      approverPolicy: true,
      issuerNamespaces: [allowed],
      otherClusterIssuers: [listed.name],
    });
  });

  after(async () => {
    run.forget();
    await inLab(["kubectl", "delete", "namespace", allowed, foreign]);
    await inLab(["kubectl", "delete", "clusterissuer", listed.name, forgotten.name]);
    // Whatever failed above: the tests after these begin with the lab as it was.
    await inLab(["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"]);
  });

  it("is told of, before it is limited, for ClusterIssuers that nobody has listed", async () => {
    const text = await run.pulumi("preview", "--non-interactive", "--color=never");
    assert.match(
      text,
      /approverPolicy: from this run on, the ClusterIssuer forgotten-ca gives .* only by a policy/,
    );
    assert.doesNotMatch(text, /ClusterIssuer own-ca/);
  });

  it("is limited while renewals go on, none of which fails: the policies come before cert-manager's approver goes", async () => {
    let over = false;
    const renewals = (async () => {
      let count = 0;
      while (!over) {
        await renew(canary);
        count += 1;
      }
      return count;
    })();
    const text = await run.up().finally(() => (over = true));
    assert.ok((await renewals) > 0);
    const policies = text.lastIndexOf("policy-issuers.cert-manager.io-policy created");
    const controller = text.indexOf("cert-manager-release updated");
    assert.ok(policies > 0 && controller > policies, text);
  });

  it("leaves nothing to do for the next run", async () => {
    await run.pulumi("preview", "--refresh", "--expect-no-changes", "--non-interactive");
  });

  it("allows a listed namespace the issuer's names", async () => {
    await ask("app", allowed, main, {
      commonName: "app.homelab.local",
      dnsNames: ["app.homelab.local", "wsp.local"],
    });
    await becomesReady("app", allowed);
    assert.deepEqual(await decision("app", allowed).then(({ type, message }) => [type, message]), [
      "Approved",
      'Approved by CertificateRequestPolicy: "vault-issuer"',
    ]);
  });

  it("denies it other names, whether as DNS names or as common name, and says why", async () => {
    const other =
      /^No policy approved this request: \[vault-issuer: .*"www\.example\.org": not a name of the issuer vault-issuer, which has homelab\.local/;
    await ask("other-name", allowed, main, { dnsNames: ["app.homelab.local", "www.example.org"] });
    await ask("other-common-name", allowed, main, { commonName: "www.example.org" });
    for (const name of ["other-name", "other-common-name"]) {
      const { type, message } = await decision(name, allowed);
      assert.equal(type, "Denied", name);
      assert.match(message, other, name);
    }
  });

  it("denies every name to other namespaces, and says why", async () => {
    await ask("foreign", foreign, main, { dnsNames: ["foreign.homelab.local"] });
    const { type, message } = await decision("foreign", foreign);
    assert.equal(type, "Denied");
    assert.match(
      message,
      /the issuer vault-issuer is not for this namespace, but for cert-manager, podinfo, web/,
    );
    const { status } = await kubectl("-n", foreign, "get", "certificate", "foreign");
    assert.match(
      JSON.stringify(status.conditions),
      /is not for this namespace/,
      "the Certificate tells it as well",
    );
  });

  it("renews the program's own certificates", async () => {
    await issueAgain();
    await renew(canary);
    await renew({ namespace: "cert-manager", name: "trust-manager" });
  });

  it("leaves Issuers of namespaces and listed ClusterIssuers as they were, and gives nothing by others", async () => {
    const names = { dnsNames: ["www.example.org"], ipAddresses: ["192.0.2.1"] };
    await ask("by-listed", foreign, listed, names);
    await ask("by-issuer", foreign, ofNamespace, { ...names, isCA: true });
    await ask("by-forgotten", foreign, forgotten, names);
    await becomesReady("by-listed", foreign);
    await becomesReady("by-issuer", foreign);
    await eventually("approver-policy's word on by-forgotten", 60, async () => {
      const { items } = await kubectl("-n", foreign, "get", "events", "--field-selector=reason=Unprocessed");
      return items.some(({ involvedObject }: any) => involvedObject.name === "by-forgotten-1");
    });
    const { status } = await kubectl("-n", foreign, "get", "certificaterequest", "by-forgotten-1");
    assert.doesNotMatch(JSON.stringify(status ?? {}), /"Approved"|"Denied"/);
  });

  it("is put right by up where it was changed by hand, and the page that was denied is issued", async () => {
    const nobody = { dnsNames: { validations: [{ rule: "false", message: "nobody" }] } };
    const patch = JSON.stringify({ spec: { allowed: nobody } });
    await inLab([
      "kubectl",
      "patch",
      "certificaterequestpolicy",
      "vault-issuer",
      "--type=merge",
      "--patch",
      patch,
    ]);
    const { revision } = (await certificate(page)).status;
    await beginRenewal(page);
    await eventually("a denied renewal of the page", 60, async () => {
      const { status } = await certificate(page);
      return status.conditions.some(({ type, message }: any) => type === "Issuing" && /nobody/.test(message));
    });
    await run.up("--refresh");
    assert.ok((await certificate(page)).status.revision > revision);
    await run.pulumi("preview", "--refresh", "--expect-no-changes", "--non-interactive");
  });

  // In a block of its own, because Mocha runs those after the tests beside them.
  describe("switched off again", () => {
    before(() => inLab(["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"]));

    it("leaves neither policies nor a webhook, and nothing to do", async () => {
      const kinds = [
        ...[
          "customresourcedefinitions",
          "validatingwebhookconfigurations",
          "clusterroles",
          "clusterrolebindings",
        ],
        ...["deployments", "services", "secrets", "serviceaccounts", "roles", "rolebindings"],
      ];
      for (const kind of kinds) {
        assert.deepEqual(await ofApprover(kind), [], kind);
      }
      await inLab(["pulumi", "preview", "--refresh", "--non-interactive", "--expect-no-changes"]);
    });

    it("has every namespace get every name again", async () => {
      await ask("free", foreign, main, { dnsNames: ["free.homelab.local"] });
      await becomesReady("free", foreign);
      await becomesReady("by-forgotten", foreign);
      await issueAgain();
    });
  });
});

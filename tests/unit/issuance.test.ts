import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { runInThisContext } from "node:vm";
import * as pulumi from "@pulumi/pulumi";
import { issuanceProvider, type IssuanceInputs } from "../../components/internal/issuance-resource";

const failed = {
  type: "Issuing",
  status: "False",
  reason: "Failed",
  message: "Vault failed to sign certificate: permission denied",
  lastTransitionTime: "2026-01-01T00:00:00Z",
};
const ready = { type: "Ready", status: "True" };

/** A Kubernetes API that knows one Certificate, and a cert-manager that does `issue` when told to. */
describe("the repair of a failed issuance", () => {
  let server: Server;
  let inputs: IssuanceInputs;
  let certificate: any;
  let updates: any[];
  let conflicts: number;
  let requests: object[];
  let deleted: string[];
  let issue: () => void;

  before(async () => {
    server = createServer((request, response) => {
      const answer = (status: number, body: unknown) => {
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      };
      const requestsPath = "/apis/cert-manager.io/v1/namespaces/podinfo/certificaterequests";
      if (request.url?.startsWith(requestsPath)) {
        if (request.method === "DELETE") {
          deleted.push(request.url.slice(requestsPath.length + 1));
        }
        return answer(200, { items: requests });
      }
      const path = "/apis/cert-manager.io/v1/namespaces/podinfo/certificates/page";
      if (!certificate || !request.url?.startsWith(path)) {
        return answer(404, { kind: "Status", code: 404 });
      }
      if (request.method === "GET") {
        return answer(200, certificate);
      }
      let text = "";
      request.on("data", (part) => (text += part));
      request.on("end", () => {
        assert.equal(request.method, "PUT");
        assert.equal(request.url, `${path}/status`);
        if (conflicts-- > 0) {
          return answer(409, { kind: "Status", code: 409 });
        }
        updates.push(JSON.parse(text));
        certificate = JSON.parse(text);
        setTimeout(issue, 50);
        answer(200, certificate);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const named = { name: "fake" };
    inputs = {
      namespace: "podinfo",
      name: "page",
      kubeconfig: JSON.stringify({
        clusters: [
          { ...named, cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } },
        ],
        users: [{ ...named, user: { token: "token" } }],
        contexts: [{ ...named, context: { cluster: "fake", user: "fake" } }],
        "current-context": "fake",
      }),
      context: "",
      timeoutSeconds: 6,
    };
  });

  beforeEach(() => {
    updates = [];
    conflicts = 0;
    requests = [];
    deleted = [];
    certificate = {
      metadata: { name: "page", generation: 3, resourceVersion: "17" },
      status: { lastFailureTime: "2026-01-01T00:00:00Z", revision: 4, conditions: [ready, failed] },
    };
    issue = () => (certificate.status = { revision: 5, conditions: [ready] });
  });

  after((done) => {
    server.close(done);
  });

  const olds = { namespace: "podinfo", name: "page" };

  it("is asked for by a failed issuance only", async () => {
    assert.equal((await issuanceProvider.diff!("id", olds, inputs)).changes, true);
    for (const conditions of [[ready], [], [{ ...failed, status: "True", reason: "Renewing" }]]) {
      certificate.status.conditions = conditions;
      assert.equal((await issuanceProvider.diff!("id", olds, inputs)).changes, false);
    }
  });

  it("is asked for by one that an approver has denied, whose reason is the approver's", async () => {
    const message = "No policy approved this request";
    certificate.status.conditions = [ready, { ...failed, reason: "policy.cert-manager.io", message }];
    assert.equal((await issuanceProvider.diff!("id", olds, inputs)).changes, true);
  });

  it("deletes the requests that were denied, which cert-manager would look at again, and no others", async () => {
    const request = (name: string, of: string, ...types: string[]) => ({
      metadata: { name, annotations: { "cert-manager.io/certificate-name": of } },
      status: { conditions: types.map((type) => ({ type, status: "True" })) },
    });
    requests = [
      request("page-4", "page", "Approved", "Ready"),
      request("page-5", "page", "Denied"),
      request("other-1", "other", "Denied"),
      { metadata: { name: "by-hand" } },
    ];
    await issuanceProvider.update!("id", olds, inputs);
    assert.deepEqual(deleted, ["page-5"]);
    assert.equal(updates.length, 1);
  });

  it("is not asked for where there is no Certificate or no cluster", async () => {
    certificate = undefined;
    assert.equal((await issuanceProvider.diff!("id", olds, inputs)).changes, false);
    const nowhere = { ...inputs, kubeconfig: "/nonexistent" };
    assert.equal((await issuanceProvider.diff!("id", olds, nowhere)).changes, false);
  });

  it("sets the condition that cmctl sets, keeps the rest of the status, and waits for the certificate", async () => {
    await issuanceProvider.update!("id", olds, inputs);
    assert.equal(updates.length, 1);
    const { metadata, status } = updates[0];
    assert.equal(metadata.resourceVersion, "17");
    assert.equal(status.revision, 4);
    const [kept, issuing] = status.conditions;
    assert.deepEqual(kept, ready);
    assert.equal(status.conditions.length, 2);
    assert.deepEqual(
      [issuing.type, issuing.status, issuing.reason, issuing.observedGeneration],
      ["Issuing", "True", "ManuallyTriggered", 3],
    );
    assert.equal(certificate.status.revision, 5);
  });

  it("begins after the failure also by a clock that is behind the cluster's", async () => {
    const lastFailureTime = new Date(Date.now() + 3600_000).toISOString().replace(/\.\d+Z$/, "Z");
    certificate.status.lastFailureTime = lastFailureTime;
    await issuanceProvider.update!("id", olds, inputs);
    const { lastTransitionTime } = updates[0].status.conditions[1];
    assert.equal(Date.parse(lastTransitionTime) - Date.parse(lastFailureTime), 1000);
  });

  it("tries again when the Certificate has changed meanwhile", async () => {
    conflicts = 2;
    await issuanceProvider.update!("id", olds, inputs);
    assert.equal(updates.length, 1);
  });

  it("that fails says why and where to look", async () => {
    issue = () => (certificate.status.conditions = [ready, failed]);
    await assert.rejects(
      async () => issuanceProvider.update!("id", olds, inputs),
      /podinfo\/page could not be issued anew: Vault failed to sign certificate: permission denied\. Look at: kubectl -n podinfo/,
    );
  });

  it("changes nothing for a Certificate that is well or not there yet", async () => {
    certificate.status.conditions = [ready];
    await issuanceProvider.create(inputs);
    certificate = undefined;
    await issuanceProvider.create(inputs);
    assert.deepEqual(updates, []);
  });

  it("works as Pulumi runs it: from a text that holds all of it", async () => {
    const { text } = await pulumi.runtime.serializeFunction(() => issuanceProvider, {});
    const loaded: { handler?: () => typeof issuanceProvider } = {};
    runInThisContext(`(function (exports, require) {${text}\n})`)(loaded, require);
    const provider = loaded.handler!();
    await provider.update!("id", olds, inputs);
    assert.equal(updates.length, 1);
  });
});

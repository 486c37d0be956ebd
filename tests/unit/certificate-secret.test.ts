import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  certificateSecretProvider,
  type CertificateSecretInputs,
} from "../../components/internal/certificate-secret-resource";

describe("the Secret of a Certificate that goes", () => {
  let server: Server;
  let inputs: CertificateSecretInputs;
  /** Annotations of the Secret; undefined when there is none. */
  let annotations: Record<string, string> | undefined;
  let status: number;
  let deleted: boolean;

  before(async () => {
    server = createServer((request, response) => {
      const answer = (code: number, body: unknown) =>
        response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
      assert.equal(request.url, "/api/v1/namespaces/team/secrets/team-canary");
      if (!annotations || status !== 200) {
        answer(annotations ? status : 404, { kind: "Status", code: annotations ? status : 404 });
        return;
      }
      deleted ||= request.method === "DELETE";
      answer(200, { kind: "Secret", apiVersion: "v1", metadata: { name: "team-canary", annotations } });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const named = { name: "fake" };
    inputs = {
      namespace: "team",
      name: "team-canary",
      kubeconfig: JSON.stringify({
        clusters: [
          {
            ...named,
            cluster: {
              server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
              "insecure-skip-tls-verify": true,
            },
          },
        ],
        users: [{ ...named, user: { token: "token" } }],
        contexts: [{ ...named, context: { cluster: "fake", user: "fake" } }],
        "current-context": "fake",
      }),
      context: "",
    };
  });

  beforeEach(() => {
    annotations = { "cert-manager.io/certificate-name": "team-canary" };
    status = 200;
    deleted = false;
  });

  after(() => server.close());

  const remove = async () => certificateSecretProvider.delete!("id", inputs);

  it("is deleted", async () => {
    await remove();
    assert.equal(deleted, true);
  });

  it("stays when cert-manager has not written it for that Certificate", async () => {
    for (const other of [{}, { "cert-manager.io/certificate-name": "page" }]) {
      annotations = other as Record<string, string>;
      await remove();
      assert.equal(deleted, false);
    }
  });

  it("may have another name than its Certificate", async () => {
    await certificateSecretProvider.delete!("id", { ...inputs, certificate: "other" });
    assert.equal(deleted, false);
    annotations = { "cert-manager.io/certificate-name": "other" };
    await certificateSecretProvider.delete!("id", { ...inputs, certificate: "other" });
    assert.equal(deleted, true);
  });

  it("may be gone already", async () => {
    annotations = undefined;
    await remove();
  });

  it("fails the run when it is not to be deleted", async () => {
    status = 403;
    await assert.rejects(remove(), { code: 403 });
  });

  it("of a cluster that is gone is left, where Pulumi is told to", async () => {
    const gone = { ...inputs, kubeconfig: inputs.kubeconfig.replace(/127\.0\.0\.1:\d+/, "127.0.0.1:1") };
    await assert.rejects(async () => certificateSecretProvider.delete!("id", gone));
    process.env.PULUMI_K8S_DELETE_UNREACHABLE = "true";
    try {
      await certificateSecretProvider.delete!("id", gone);
    } finally {
      delete process.env.PULUMI_K8S_DELETE_UNREACHABLE;
    }
  });

  it("is touched by nothing else, and follows the Certificate to another name or namespace", async () => {
    const { outs } = await certificateSecretProvider.create(inputs);
    await certificateSecretProvider.update!("id", outs!, { ...inputs, context: "other" });
    assert.equal(deleted, false);
    const diff = async (news: Partial<CertificateSecretInputs>) =>
      certificateSecretProvider.diff!("id", outs!, { ...inputs, ...news });
    assert.deepEqual(await diff({}), { changes: false, replaces: [] });
    assert.deepEqual(await diff({ context: "other" }), { changes: true, replaces: [] });
    assert.deepEqual(await diff({ namespace: "b" }), { changes: true, replaces: ["namespace"] });
    assert.deepEqual(await diff({ name: "b-canary" }), { changes: true, replaces: ["name"] });
  });
});

import assert from "node:assert/strict";
import { AddressInfo } from "node:net";
import * as https from "node:https";
import { HandshakeInputs, handshakeProvider } from "../../components/internal/handshake-resource";
import { makeCertificate, MadeCertificate } from "../support/certificates";

describe("the trusted handshake", () => {
  let root: MadeCertificate;
  let intermediate: MadeCertificate;
  let server: https.Server;
  /** What the next requests are answered with; then 200. */
  let statuses: number[] = [];
  let inputs: HandshakeInputs;

  async function serve(chain: MadeCertificate[]): Promise<void> {
    const context = { cert: chain.map((made) => made.certificatePem).join(""), key: chain[0]!.keyPem };
    if (server) {
      server.setSecureContext(context);
      return;
    }
    server = https.createServer(context, (_request, response) => {
      response.statusCode = statuses.shift() ?? 200;
      response.end();
    });
    server.on("tlsClientError", () => undefined);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  }

  async function leaf(dnsName = "podinfo.wsp.local"): Promise<MadeCertificate> {
    return makeCertificate({ name: dnsName, dnsNames: [dnsName], issuer: intermediate });
  }

  before(async () => {
    root = await makeCertificate({ name: "Root", authority: true });
    intermediate = await makeCertificate({ name: "Intermediate", authority: true, issuer: root });
    await serve([await leaf(), intermediate]);
    inputs = {
      address: "127.0.0.1",
      port: (server.address() as AddressInfo).port,
      serverName: "podinfo.wsp.local",
      trustedRootPem: root.certificatePem,
      timeoutSeconds: 0,
      lookAt: "kubectl -n podinfo describe certificate",
    };
  });

  beforeEach(async () => serve([await leaf(), intermediate]));

  after((done) => {
    server.close(done);
  });

  it("gives the dates and the chain from the leaf to the root", async () => {
    const { outs } = await handshakeProvider.create(inputs);
    assert.deepEqual(outs?.chainSubjects, ["CN=podinfo.wsp.local", "CN=Intermediate", "CN=Root"]);
    assert.ok(Date.parse(outs.notBefore) < Date.now() && Date.now() < Date.parse(outs.notAfter));
  });

  it("is refused when the intermediate is not served, and says where to look", async () => {
    await serve([await leaf()]);
    await assert.rejects(
      handshakeProvider.create(inputs),
      /podinfo\.wsp\.local at 127\.0\.0\.1:\d+ cannot be opened by a client that trusts only the root.*Look at: kubectl -n podinfo/,
    );
  });

  it("is refused for another host's certificate", async () => {
    await serve([await leaf("other.wsp.local"), intermediate]);
    await assert.rejects(handshakeProvider.create(inputs), /does not match certificate's altnames/);
  });

  it("is not made again while the same certificate is served", async () => {
    const { outs } = await handshakeProvider.create(inputs);
    assert.equal((await handshakeProvider.diff!("id", outs!, inputs)).changes, false);
  });

  it("is made again after a renewal, and then shows the new certificate", async () => {
    const { outs } = await handshakeProvider.create(inputs);
    await serve([await leaf(), intermediate]);
    assert.equal((await handshakeProvider.diff!("id", outs!, inputs)).changes, true);
    const updated = await handshakeProvider.update!("id", outs!, inputs);
    assert.notEqual(updated.outs?.fingerprint, outs?.fingerprint);
  });

  it("is made again when the page stops being trusted, so that the run fails loudly", async () => {
    const { outs } = await handshakeProvider.create(inputs);
    await serve([await leaf("other.wsp.local"), intermediate]);
    assert.equal((await handshakeProvider.diff!("id", outs!, inputs)).changes, true);
    await assert.rejects(
      handshakeProvider.update!("id", outs!, inputs),
      /cannot be opened by a client that trusts only the root/,
    );
  });

  describe("of a page that has to answer", () => {
    afterEach(() => {
      statuses = [];
    });

    for (const status of [502, 503, 504]) {
      it(`is not enough when the ingress says ${status} in its place`, async () => {
        statuses = [status];
        await assert.rejects(
          handshakeProvider.create({ ...inputs, path: "/" }),
          new RegExp(`cannot be opened.*GET / is answered with ${status}`),
        );
      });
    }

    it("waits until there is a server for it", async () => {
      statuses = [503];
      await handshakeProvider.create({ ...inputs, path: "/", timeoutSeconds: 30 });
    });

    it("takes any answer of the page itself", async () => {
      statuses = [401];
      await handshakeProvider.create({ ...inputs, path: "/" });
    });

    it("is proved again by the next run when the page has stopped to answer", async () => {
      const page = { ...inputs, path: "/" };
      const { outs } = await handshakeProvider.create(page);
      assert.equal((await handshakeProvider.diff!("id", outs!, page)).changes, false);
      statuses = [503];
      assert.equal((await handshakeProvider.diff!("id", outs!, page)).changes, true);
    });
  });
});

import assert from "node:assert/strict";
import { AddressInfo } from "node:net";
import * as tls from "node:tls";
import { HandshakeInputs, handshakeProvider } from "../../components/internal/handshake-resource";
import { makeCertificate, MadeCertificate } from "../support/certificates";

describe("the trusted handshake", () => {
  let root: MadeCertificate;
  let intermediate: MadeCertificate;
  let server: tls.Server;
  let inputs: HandshakeInputs;

  async function serve(chain: MadeCertificate[]): Promise<void> {
    const context = { cert: chain.map((made) => made.certificatePem).join(""), key: chain[0]!.keyPem };
    if (server) {
      server.setSecureContext(context);
      return;
    }
    server = tls.createServer(context, (socket) => socket.end());
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
      /podinfo\.wsp\.local at 127\.0\.0\.1:\d+ is not trusted.*Look at: kubectl -n podinfo/,
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
    await assert.rejects(handshakeProvider.update!("id", outs!, inputs), /is not trusted/);
  });
});

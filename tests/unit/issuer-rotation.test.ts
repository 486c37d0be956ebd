import assert from "node:assert/strict";
import { issuerNameProvider } from "../../components/internal/issuer-name-resource";
import { issuerPresenceProvider } from "../../components/internal/issuer-presence-resource";
import { makeCertificate, type MadeCertificate } from "../support/certificates";
import { FakeVault, type FakeIssuer } from "../support/fake-vault";

describe("another issuer in the place of one that is there", () => {
  let vault: FakeVault;
  let root: MadeCertificate;
  let parent: MadeCertificate;
  let otherParent: MadeCertificate;
  let issuing: MadeCertificate;
  let successor: MadeCertificate;
  let olds: any;

  before(async () => {
    root = await makeCertificate({ name: "Root", authority: true });
    parent = await makeCertificate({ name: "Intermediate", authority: true, issuer: root });
    otherParent = await makeCertificate({ name: "Intermediate", authority: true, issuer: root });
    issuing = await makeCertificate({ name: "Issuing", authority: true, issuer: parent });
    successor = await makeCertificate({ name: "Issuing", authority: true, issuer: parent });
  });

  beforeEach(async () => {
    vault = await FakeVault.start();
    vault.initialise(1, 1);
    vault.state.sealed = false;
    vault.state.issuers = { pki_int: { "id-issuing": issuer(issuing, "issuing", "key-1") } };
    olds = (await issuerPresenceProvider.create(inputs())).outs;
  });

  afterEach(() => vault.stop());

  function issuer(made: MadeCertificate, name: string, key: string): FakeIssuer {
    return {
      issuer_name: name,
      key_id: key,
      certificate: made.certificatePem,
      ca_chain: [made, parent, root].map(({ certificatePem }) => certificatePem),
      usage: "crl-signing,issuing-certificates,ocsp-signing,read-only",
    };
  }

  // The certificates of the tests began a minute ago and end in an hour.
  const wish = { generation: 1, commonName: "Issuing", lifeSeconds: 3630 };

  function inputs(changes: Partial<typeof wish> = {}, above = parent) {
    return {
      ...vault.endpoint,
      token: vault.state.rootToken,
      mountPath: "pki_int",
      mountAccessor: "pki_1",
      issuerName: "issuing",
      chainPem: above.certificatePem + root.certificatePem,
      wish: { ...wish, ...changes },
    };
  }

  const changes = async (before: any, news: any) =>
    (await issuerPresenceProvider.diff!("id", before, news)).changes;

  const reasons: Record<string, () => ReturnType<typeof inputs>> = {
    "another generation": () => inputs({ generation: 2 }),
    "another life": () => inputs({ lifeSeconds: 1800 }),
    "another common name": () => inputs({ commonName: "Another" }),
    "another CA above it": () => inputs({}, otherParent),
  };

  for (const [reason, news] of Object.entries(reasons)) {
    it(`is made for ${reason}, once`, async () => {
      assert.equal(await changes(olds, inputs()), false);
      assert.equal(await changes(olds, news()), true);
      const { outs } = await issuerPresenceProvider.update!("id", olds, news());
      assert.notEqual(outs!.issuerGeneration, olds.issuerGeneration);
      vault.state.issuers.pki_int!["id-issuing"]!.ca_chain.push(otherParent.certificatePem);
      assert.equal(await changes(outs, news()), false, "a run that was interrupted goes on with it");
    });

    it(`is made for ${reason} where the state does not say what it was made of`, async () => {
      const { madeOf, ...legacy } = olds;
      assert.ok(madeOf);
      assert.equal(await changes(legacy, inputs()), false, "nothing changes by itself");
      const { outs: kept } = await issuerPresenceProvider.update!("id", legacy, inputs());
      assert.equal(kept!.issuerGeneration, olds.issuerGeneration, "nor does an edited provider");
      assert.equal(await changes(legacy, news()), true);
      const { outs } = await issuerPresenceProvider.update!("id", legacy, news());
      assert.notEqual(outs!.issuerGeneration, olds.issuerGeneration);
    });
  }

  it("leaves the CAs above it where they are", async () => {
    const { outs } = await issuerPresenceProvider.update!("id", olds, inputs({ generation: 2 }));
    assert.equal(outs!.chainGeneration, olds.chainGeneration);
    const { outs: moved } = await issuerPresenceProvider.update!("id", olds, inputs({}, otherParent));
    assert.notEqual(moved!.chainGeneration, olds.chainGeneration, "another one above it is put in");
  });

  it("is made for a lost key", async () => {
    vault.state.issuers.pki_int!["id-issuing"]!.key_id = "";
    assert.equal(await changes(olds, inputs()), true);
    const { outs } = await issuerPresenceProvider.update!("id", olds, inputs());
    assert.notEqual(outs!.issuerGeneration, olds.issuerGeneration);
    assert.equal(outs!.chainGeneration, olds.chainGeneration);
  });

  it("takes an end that is the parent's for the life that was wished for", async () => {
    const { madeOf, ...legacy } = olds;
    assert.ok(madeOf);
    assert.equal(await changes(legacy, inputs({ lifeSeconds: 86400 })), false, "its parent ends with it");
  });

  describe("gets its name", () => {
    const named = (issuerId: string) => ({
      ...vault.endpoint,
      token: vault.state.rootToken,
      mountPath: "pki_int",
      issuerName: "issuing",
      issuerId,
    });
    const names = () =>
      Object.fromEntries(
        Object.entries(vault.state.issuers.pki_int!).map(([id, { issuer_name }]) => [id, issuer_name]),
      );

    it("from the one before, which is called by its last day and serial number, and stays as it is otherwise", async () => {
      const { outs } = await issuerNameProvider.create(named("id-issuing"));
      assert.deepEqual(names(), { "id-issuing": "issuing" });
      vault.state.issuers.pki_int!["id-successor"] = issuer(successor, "", "key-2");
      assert.equal((await issuerNameProvider.diff!("id", outs!, named("id-successor"))).changes, true);
      await issuerNameProvider.update!("id", outs!, named("id-successor"));
      const { "id-issuing": former, "id-successor": present } = names();
      assert.equal(present, "issuing");
      const serial = issuing.certificate.serialNumber.slice(0, 8);
      assert.equal(former, `issuing-until-${new Date().toISOString().slice(0, 10)}-${serial}`);
      assert.match(vault.state.issuers.pki_int!["id-issuing"]!.usage, /issuing-certificates/);
    });

    it("where nobody has it", async () => {
      vault.state.issuers.pki_int!["id-issuing"]!.issuer_name = "";
      await issuerNameProvider.create(named("id-issuing"));
      assert.deepEqual(names(), { "id-issuing": "issuing" });
    });

    it("from nobody when it is not there itself", async () => {
      await issuerNameProvider.create(named("id-nobody"));
      assert.deepEqual(names(), { "id-issuing": "issuing" });
    });

    it("once: nothing is asked of Vault where nothing has changed", async () => {
      const { outs } = await issuerNameProvider.create(named("id-issuing"));
      const asked = vault.state.requests.length;
      assert.equal((await issuerNameProvider.diff!("id", outs!, named("id-issuing"))).changes, false);
      assert.equal(vault.state.requests.length, asked);
    });
  });
});

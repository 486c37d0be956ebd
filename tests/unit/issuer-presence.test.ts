import assert from "node:assert/strict";
import { importedIssuerProvider } from "../../components/internal/imported-issuer-resource";
import { issuerPresenceProvider } from "../../components/internal/issuer-presence-resource";
import { makeCertificate, type MadeCertificate } from "../support/certificates";
import { FakeVault, type FakeIssuer } from "../support/fake-vault";

describe("an issuer of a mount in Vault", () => {
  let vault: FakeVault;
  let root: MadeCertificate;
  let intermediate: MadeCertificate;
  let issuing: MadeCertificate;

  before(async () => {
    root = await makeCertificate({ name: "Root", authority: true });
    intermediate = await makeCertificate({ name: "Intermediate", authority: true, issuer: root });
    issuing = await makeCertificate({ name: "Issuing", authority: true, issuer: intermediate });
  });

  beforeEach(async () => {
    vault = await FakeVault.start();
    vault.initialise(1, 1);
    vault.state.sealed = false;
    const chain = [intermediate.certificatePem, root.certificatePem];
    const parents = {
      "id-intermediate": issuer(intermediate, "", "key-1", chain),
      "id-root": issuer(root, "", "", [root.certificatePem]),
    };
    vault.state.issuers = {
      pki: parents,
      pki_int: {
        ...parents,
        "id-issuing": issuer(issuing, "issuing", "key-2", [issuing.certificatePem, ...chain]),
      },
    };
  });

  afterEach(() => vault.stop());

  function issuer(made: MadeCertificate, name: string, key: string, chain: string[]): FakeIssuer {
    const usage = "crl-signing,issuing-certificates,ocsp-signing,read-only";
    return { issuer_name: name, key_id: key, certificate: made.certificatePem, ca_chain: chain, usage };
  }

  function inputs(mountPath: "pki" | "pki_int") {
    return {
      ...vault.endpoint,
      token: vault.state.rootToken,
      mountPath,
      mountAccessor: "pki_1",
      issuerName: mountPath === "pki" ? "" : "issuing",
      chainPem: intermediate.certificatePem + root.certificatePem,
    };
  }

  const changes = async (olds: any, news: any) =>
    (await issuerPresenceProvider.diff!("id", olds, news)).changes;

  for (const mountPath of ["pki", "pki_int"] as const) {
    describe(mountPath === "pki" ? "known by its certificate" : "known by its name", () => {
      const id = mountPath === "pki" ? "id-intermediate" : "id-issuing";
      let olds: any;

      beforeEach(async () => {
        olds = (await issuerPresenceProvider.create(inputs(mountPath))).outs;
      });

      it("that is there with key and chain changes nothing", async () => {
        assert.equal(await changes(olds, inputs(mountPath)), false);
        const { outs } = await issuerPresenceProvider.update!("id", olds, inputs(mountPath));
        assert.deepEqual(outs, olds, "nor does an edited provider");
      });

      it("that is gone is made anew", async () => {
        delete vault.state.issuers[mountPath]![id];
        assert.equal(await changes(olds, inputs(mountPath)), true);
        const { outs } = await issuerPresenceProvider.update!("id", olds, inputs(mountPath));
        assert.notEqual(outs!.issuerGeneration, olds.issuerGeneration);
        assert.notEqual(outs!.chainGeneration, olds.chainGeneration);
      });

      it("is made anew in an empty mount, in none, and in another mount under the path", async () => {
        vault.state.issuers = {};
        assert.equal(await changes(olds, inputs(mountPath)), true);
        const news = { ...inputs(mountPath), mountAccessor: "pki_2" };
        assert.equal(await changes(olds, news), true);
        const { outs } = await issuerPresenceProvider.update!("id", olds, news);
        assert.notEqual(outs!.issuerGeneration, olds.issuerGeneration);
        assert.equal(outs!.mountAccessor, "pki_2");
      });

      it("without the CAs above it has them put in again, and stays", async () => {
        vault.state.issuers[mountPath]![id]!.ca_chain.pop();
        assert.equal(await changes(olds, inputs(mountPath)), true);
        const { outs } = await issuerPresenceProvider.update!("id", olds, inputs(mountPath));
        assert.equal(outs!.issuerGeneration, olds.issuerGeneration);
        assert.notEqual(outs!.chainGeneration, olds.chainGeneration);
      });

      it("cannot be judged while Vault is sealed, refuses the token or is away", async () => {
        vault.state.sealed = true;
        assert.equal(await changes(olds, inputs(mountPath)), false);
        vault.state.sealed = false;
        assert.equal(await changes(olds, { ...inputs(mountPath), token: "hvs.other" }), false);
        const news = inputs(mountPath);
        await vault.stop();
        assert.equal(await changes(olds, news), false);
        vault = await FakeVault.start();
      });
    });
  }

  it("that has no key is imported again where the key is at hand", async () => {
    const { outs: olds } = await issuerPresenceProvider.create(inputs("pki"));
    vault.state.issuers.pki!["id-intermediate"]!.key_id = "";
    assert.equal(await changes(olds, inputs("pki")), true);
    const { outs } = await issuerPresenceProvider.update!("id", olds!, inputs("pki"));
    assert.notEqual(outs!.chainGeneration, olds!.chainGeneration);
  });

  it("that is to have another name is still known by the old one", async () => {
    const { outs: olds } = await issuerPresenceProvider.create(inputs("pki_int"));
    const news = { ...inputs("pki_int"), issuerName: "renamed" };
    assert.equal(await changes(olds, news), true);
    const { outs } = await issuerPresenceProvider.update!("id", olds!, news);
    assert.deepEqual(outs, { ...olds, issuerName: "renamed" });
  });

  describe("after its import", () => {
    const imported = () => ({ ...inputs("pki"), generation: "first" });

    it("gives its ID", async () => {
      const { outs } = await importedIssuerProvider.create(imported());
      assert.equal(outs!.issuerId, "id-intermediate");
      assert.equal((await importedIssuerProvider.diff!("id", outs!, imported())).changes, false);
    });

    it("under another ID, as after an import by hand, is found", async () => {
      const { outs } = await importedIssuerProvider.create(imported());
      const { "id-intermediate": moved, ...others } = vault.state.issuers.pki!;
      vault.state.issuers.pki = { ...others, "id-other": moved! };
      assert.equal((await importedIssuerProvider.diff!("id", outs!, imported())).changes, true);
      const updated = await importedIssuerProvider.update!("id", outs!, imported());
      assert.equal(updated.outs!.issuerId, "id-other");
    });

    it("that is not there all the same is a fault that names the mount", async () => {
      vault.state.issuers = {};
      await assert.rejects(importedIssuerProvider.create(imported()), /mount pki does not hold the CA/);
    });

    it("that may not sign any more, as one whose time is over that is imported again, may sign again", async () => {
      const { outs } = await importedIssuerProvider.create(imported());
      const held = vault.state.issuers.pki!["id-intermediate"]!;
      held.usage = "crl-signing,read-only";
      assert.equal((await importedIssuerProvider.diff!("id", outs!, imported())).changes, true);
      await importedIssuerProvider.update!("id", outs!, imported());
      assert.deepEqual(held.usage.split(",").sort(), ["crl-signing", "issuing-certificates", "read-only"]);
      assert.equal((await importedIssuerProvider.diff!("id", outs!, imported())).changes, false);
    });

    it("keeps its ID when Vault is sealed", async () => {
      const { outs } = await importedIssuerProvider.create(imported());
      vault.state.sealed = true;
      assert.equal((await importedIssuerProvider.diff!("id", outs!, imported())).changes, false);
    });
  });
});

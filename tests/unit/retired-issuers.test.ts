import assert from "node:assert/strict";
import { retiredIssuersProvider } from "../../components/internal/retired-issuers-resource";
import { planRetirement, type Retirement } from "../../components/internal/retirement";
import { makeCertificate, type MadeCertificate } from "../support/certificates";
import { FakeVault, type FakeIssuer } from "../support/fake-vault";

const allUsages = "crl-signing,issuing-certificates,ocsp-signing,read-only";

describe("issuers whose place another has taken", () => {
  let vault: FakeVault;
  let certificate: MadeCertificate;

  before(async () => {
    certificate = await makeCertificate({ name: "Issuing", authority: true });
  });

  beforeEach(async () => {
    vault = await FakeVault.start();
    vault.initialise(1, 1);
    vault.state.sealed = false;
    vault.state.issuers = {
      pki_int: {
        first: issuer("issuing", "key-first"),
        foreign: issuer("somebody-elses", "key-foreign"),
        unnamed: issuer("", "key-unnamed"),
        parent: issuer("", ""),
      },
    };
    vault.state.defaultIssuers = { pki_int: "first" };
  });

  afterEach(() => vault.stop());

  function issuer(name: string, key: string): FakeIssuer {
    return {
      issuer_name: name,
      key_id: key,
      certificate: certificate.certificatePem,
      ca_chain: [],
      usage: allUsages,
    };
  }

  const inputs = (currentIssuerId: string, changes: object = {}) => ({
    ...vault.endpoint,
    token: vault.state.rootToken,
    mountPath: "pki_int",
    currentIssuerId,
    namePrefix: "issuing-until-",
    keepSeconds: 600,
    ...changes,
  });
  const held = () => vault.state.issuers.pki_int!;
  const changes = async (olds: any, news: any) =>
    (await retiredIssuersProvider.diff!("id", olds, news)).changes;

  /** The state after another has taken the place of the first. */
  async function rotate(): Promise<any> {
    const { outs } = await retiredIssuersProvider.create(inputs("first"));
    held().first!.issuer_name = "issuing-until-2026-01-01-12345678";
    held().second = issuer("issuing", "key-second");
    vault.state.defaultIssuers.pki_int = "second";
    assert.equal(await changes(outs, inputs("second")), true);
    return (await retiredIssuersProvider.update!("id", outs!, inputs("second"))).outs;
  }

  /** The same after its time is over. */
  const over = (state: any) => ({
    ...state,
    retired: { first: { ...state.retired.first, until: new Date(Date.now() - 1000).toISOString() } },
  });

  it("are none in a mount with one issuer of ours", async () => {
    const { outs } = await retiredIssuersProvider.create(inputs("first"));
    assert.deepEqual(outs!.retired, {});
    assert.equal(await changes(outs, inputs("first")), false);
    assert.equal(held().first!.usage, allUsages);
  });

  it("sign CRLs and no certificates, and all others are left alone", async () => {
    const state = await rotate();
    assert.equal(held().first!.usage, "crl-signing,ocsp-signing,read-only");
    for (const id of ["second", "foreign", "unnamed", "parent"]) {
      assert.equal(held()[id]!.usage, allUsages, id);
    }
    assert.deepEqual(Object.keys(state.retired), ["first"]);
    const left = Date.parse(state.retired.first.until) - Date.now();
    assert.ok(left > 590_000 && left <= 600_000, `${left} ms are the life of a leaf`);
    assert.equal(await changes(state, inputs("second")), false, "until that is over");
  });

  it("are known by their names where the state knows nothing of them", async () => {
    held().first!.issuer_name = "issuing-until-2026-01-01-12345678";
    held().second = issuer("issuing", "key-second");
    vault.state.defaultIssuers.pki_int = "second";
    const { outs } = await retiredIssuersProvider.create(inputs("second"));
    assert.deepEqual(Object.keys(outs!.retired), ["first"]);
  });

  it("are known by having been current where they have no names", async () => {
    const { outs } = await retiredIssuersProvider.create(inputs("first", { namePrefix: "" }));
    vault.state.defaultIssuers.pki_int = "unnamed";
    const { outs: after } = await retiredIssuersProvider.update!(
      "id",
      outs!,
      inputs("unnamed", { namePrefix: "" }),
    );
    assert.deepEqual(Object.keys(after!.retired), ["first"]);
  });

  it("are deleted with their keys by a run after all that they have signed is over", async () => {
    const state = over(await rotate());
    assert.equal(await changes(state, inputs("second")), true);
    const { outs } = await retiredIssuersProvider.update!("id", state, inputs("second"));
    assert.deepEqual(Object.keys(held()).sort(), ["foreign", "parent", "second", "unnamed"]);
    assert.deepEqual(vault.state.deletedKeys, ["pki_int/key-first"]);
    assert.deepEqual(outs!.retired, {});
    assert.equal(await changes(outs, inputs("second")), false);
  });

  it("are deleted without their key where another issuer has the same", async () => {
    const state = over(await rotate());
    held().second!.key_id = "key-first";
    await retiredIssuersProvider.update!("id", state, inputs("second"));
    assert.equal(held().first, undefined);
    assert.deepEqual(vault.state.deletedKeys, []);
  });

  it("whose deletion was interrupted between issuer and key lose the key by the next run", async () => {
    const state = over(await rotate());
    delete held().first;
    assert.equal(await changes(state, inputs("second")), true);
    await retiredIssuersProvider.update!("id", state, inputs("second"));
    assert.deepEqual(vault.state.deletedKeys, ["pki_int/key-first"]);
  });

  it("are never the default issuer, nor one that has come back into use", async () => {
    const state = over(await rotate());
    vault.state.defaultIssuers.pki_int = "first";
    assert.equal(await changes(state, inputs("second")), false);
    vault.state.defaultIssuers.pki_int = "second";
    const { outs } = await retiredIssuersProvider.update!("id", state, inputs("first"));
    assert.ok(held().first, "it is in use again");
    assert.deepEqual(outs!.retired, {});
  });

  it("are retired again where somebody lets them sign again", async () => {
    const state = await rotate();
    held().first!.usage = allUsages;
    assert.equal(await changes(state, inputs("second")), true);
    await retiredIssuersProvider.update!("id", state, inputs("second"));
    assert.equal(held().first!.usage, "crl-signing,ocsp-signing,read-only");
  });

  it("cannot be judged while Vault is sealed", async () => {
    const state = over(await rotate());
    vault.state.sealed = true;
    assert.equal(await changes(state, inputs("second")), false);
  });

  describe("are kept", () => {
    const now = new Date("2026-06-01T00:00:00.000Z");
    const inSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1000);
    const before = (changes: Partial<Retirement> = {}): Retirement => ({
      currentIssuerId: "first",
      keepSeconds: 3600,
      keepUntil: "",
      retired: {},
      ...changes,
    });
    const first = () => ({
      id: "first",
      name: "issuing-until-2026-06-01-1",
      keyId: "key",
      certificatePem: certificate.certificatePem,
      chainPem: [],
      usage: allUsages.split(","),
    });
    const until = (state: Retirement, keepSeconds: number) => {
      const wish = { currentIssuerId: "second", namePrefix: "issuing-until-", keepSeconds };
      return planRetirement(state, wish, [first()], "second", now).after.retired.first!.until;
    };

    it("for the life of a leaf", () => {
      assert.equal(until(before(), 3600), inSeconds(3600).toISOString());
    });

    it("for the longer life that leaves had until now, or had earlier", () => {
      assert.equal(until(before({ keepSeconds: 7200 }), 3600), inSeconds(7200).toISOString());
      const earlier = inSeconds(10_000).toISOString();
      assert.equal(until(before({ keepUntil: earlier }), 3600), earlier);
      assert.equal(
        until(before({ keepUntil: inSeconds(-1).toISOString() }), 3600),
        inSeconds(3600).toISOString(),
      );
    });

    it("no longer than they live themselves", () => {
      const end = new Date(certificate.certificate.notAfter);
      end.setMilliseconds(0);
      assert.equal(until(before(), 10 * 365 * 86400), end.toISOString());
    });

    it("by a shorter life of leaves only when the longer ones are over", () => {
      const wish = { currentIssuerId: "first", namePrefix: "issuing-until-", keepSeconds: 60 };
      const { after } = planRetirement(before(), wish, [first()], "first", now);
      assert.deepEqual(after, before({ keepSeconds: 60, keepUntil: inSeconds(3600).toISOString() }));
    });
  });
});

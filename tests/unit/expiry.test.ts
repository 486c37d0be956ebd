import assert from "node:assert/strict";
import * as fc from "fast-check";
import { watchedAuthorities } from "../../components/internal/ca-certificates";
import {
  endsSoon,
  expiryWarning,
  warningSeconds,
  watchedCertificate,
  type CertificateLife,
} from "../../components/internal/expiry";
import { daysFromNow, makeAuthority, titleOf } from "../support/openssl-ca";

const at = (text: string) => new Date(`${text}Z`);
const year: CertificateLife = { notBefore: at("2026-01-01T00:00:00"), notAfter: at("2027-01-01T00:00:00") };
/** As cert-manager renews it: two thirds of a day after it was issued. */
const leaf: CertificateLife = {
  notBefore: at("2026-01-01T00:00:00"),
  notAfter: at("2026-01-02T00:00:00"),
  renewal: at("2026-01-01T16:00:00"),
};

describe("The end of a certificate", () => {
  it("is near from the set share of its life on, and stays so after it", () => {
    // A fifth of 365 days are 73.
    assert.equal(endsSoon(year, 20, at("2026-10-20T00:00:00")), false, "73 days are a fifth, not less");
    assert.equal(endsSoon(year, 20, at("2026-10-20T00:00:01")), true);
    assert.equal(endsSoon(year, 20, at("2028-01-01T00:00:00")), true);
  });

  it("is never near with a share of 0, and always with one of 100", () => {
    assert.equal(endsSoon(year, 0, at("2026-12-31T23:59:59")), false);
    assert.equal(endsSoon(year, 0, at("2027-01-02T00:00:00")), false);
    assert.equal(endsSoon(year, 100, at("2026-01-01T00:00:01")), true);
  });

  it("is not told of while a renewal by others is not due, whatever the share", () => {
    assert.equal(endsSoon(leaf, 20, at("2026-01-01T19:00:00")), false, "5 of 24 hours are left");
    assert.equal(endsSoon(leaf, 20, at("2026-01-01T19:13:00")), true);
    for (const percent of [50, 100]) {
      assert.equal(endsSoon(leaf, percent, at("2026-01-01T16:00:00")), false, "due just now");
      assert.equal(
        endsSoon(leaf, percent, at("2026-01-01T16:48:00")),
        false,
        "a tenth of the time from there",
      );
      assert.equal(endsSoon(leaf, percent, at("2026-01-01T16:48:01")), true);
    }
  });

  it("counts by the share alone where nothing is to be renewed before the end", () => {
    const neverRenewed = { ...year, renewal: year.notAfter };
    assert.equal(warningSeconds(neverRenewed, 20), warningSeconds(year, 20));
  });

  const date = fc.date({
    min: at("2000-01-01T00:00:00"),
    max: at("2100-01-01T00:00:00"),
    noInvalidDate: true,
  });
  const anyLife = fc
    .tuple(date, fc.integer({ min: 1, max: 1e10 }), fc.option(fc.double({ min: 0, max: 1, noNaN: true })))
    .map(([notBefore, milliseconds, renewed]): CertificateLife => {
      const notAfter = new Date(notBefore.getTime() + milliseconds);
      const renewal = new Date(notBefore.getTime() + milliseconds * (renewed ?? 0));
      return { notBefore, notAfter, ...(renewed === null ? {} : { renewal }) };
    });
  const percent = fc.integer({ min: 0, max: 100 });

  it("does not become far again as time goes on, nor with a larger share", () => {
    fc.assert(
      fc.property(anyLife, percent, date, fc.nat(), fc.nat(100), (life, share, now, later, more) => {
        if (endsSoon(life, share, now)) {
          assert.ok(endsSoon(life, share, new Date(now.getTime() + later)));
          assert.ok(endsSoon(life, Math.min(100, share + more), now));
        }
      }),
    );
  });

  it("is told of before it has come, by every share above 0 that is a second or more", () => {
    fc.assert(
      fc.property(anyLife, fc.integer({ min: 1, max: 100 }), (life, share) => {
        fc.pre(warningSeconds(life, share) >= 1);
        assert.ok(endsSoon(life, share, new Date(life.notAfter.getTime() - 1)));
      }),
    );
  });
});

describe("The warning of a certificate's end", () => {
  const watched = { title: 'the root "CN=Root" (serial 4F)', life: year, remedy: "make another" };
  const warning = (now: string) => expiryWarning(watched, 20, at(now));

  it("names the certificate, its end, the time left and what to do, in one line", () => {
    assert.equal(
      warning("2026-12-19T12:00:00"),
      'the root "CN=Root" (serial 4F) ends at 2027-01-01T00:00:00.000Z, in 12 days: make another',
    );
  });

  it("counts what is less than a day in hours, then minutes, then seconds", () => {
    const left = (now: string) => /, in (.*): /.exec(warning(now) ?? "")?.[1];
    assert.equal(left("2026-12-30T23:00:00"), "1 day");
    assert.equal(left("2026-12-31T01:00:00"), "23 hours");
    assert.equal(left("2026-12-31T23:58:30"), "1 minute");
    assert.equal(left("2026-12-31T23:59:30"), "30 seconds");
  });

  it("says when it has ended already", () => {
    assert.match(warning("2027-01-01T00:00:00")!, / ended at 2027-01-01T00:00:00\.000Z: make another$/);
  });

  it("says of one that others renew when that was to be", () => {
    assert.match(
      expiryWarning({ ...watched, life: leaf }, 20, at("2026-01-01T20:00:00"))!,
      /, in 4 hours, and was to be renewed at 2026-01-01T16:00:00\.000Z: /,
    );
  });

  it("is not there while there is time", () => {
    assert.equal(warning("2026-10-19T00:00:00"), undefined);
  });

  it("of a real certificate has its subject, serial and dates", () => {
    const life = { notBefore: daysFromNow(-90), notAfter: daysFromNow(10) };
    const authority = makeAuthority({ name: "Root", ...life });
    const root = watchedCertificate("the root", authority.certificatePem, "make another");
    assert.equal(root.title, `the root ${titleOf(authority)}`);
    assert.deepEqual(root.life, life);
  });

  it("of each CA says what replaces it, with the command", () => {
    const root = makeAuthority({ name: "Root" });
    const parent = makeAuthority({ name: "Intermediate", issuer: root });
    const issuing = makeAuthority({ name: "Issuing", issuer: parent });
    const all = watchedAuthorities(
      {
        root: root.certificatePem,
        parent: parent.certificatePem,
        issuing: issuing.certificatePem,
      },
      [],
    );
    assert.deepEqual(
      all.map(({ title }) => title),
      [
        `the root ${titleOf(root)}`,
        `the intermediate above Vault ${titleOf(parent)}`,
        `the issuing CA ${titleOf(issuing)}`,
      ],
    );
    const [ofRoot, ofParent, ofIssuing] = all.map(({ remedy }) => remedy);
    assert.match(ofRoot!, /trust both roots.*pulumi config set --secret caBundle/);
    assert.match(ofParent!, /have the root sign a new one: "pulumi config set --secret caBundle/);
    assert.match(ofIssuing!, /"pulumi config set issuingCaGeneration NUMBER"/);
  });
});

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { crlAlertGroups, type CrlTopics } from "../../components/internal/crl-alert-rules";
import { readExposition, together, type Samples } from "../support/exposition";
import { PromQl } from "../support/promql";

const hour = 3600;
const start = Date.parse("2026-01-01T00:00:00Z") / 1000;
const topics: CrlTopics = {
  namespace: "vault",
  mountPaths: ["pki", "pki_int"],
  vaultNamespace: "vault",
  expiryWarningPercent: 20,
};

function rulesOf(changes: Partial<CrlTopics> = {}) {
  return crlAlertGroups({ ...topics, ...changes }).flatMap(({ rules }) => rules);
}

/** Each alert that fires with the mount, and the kind of CRL where it is of one; by the time in seconds. */
function firing(samples: Samples, now = start, changes: Partial<CrlTopics> = {}): string[] {
  return rulesOf(changes).flatMap(({ alert, expr }) =>
    new PromQl(expr)
      .evaluate(samples, new Date(now * 1000))
      .map(({ labels }) => [alert, labels.mount, labels.crl].filter(Boolean).join(" ")),
  );
}

interface CrlState {
  mount?: string;
  mountReadable?: number;
  readable?: number;
  /** Seconds after the start at which it was made; of one that lives for three days. */
  made?: number;
  namespace?: string;
}

/** A mount with one CRL, complete and delta, as a distribution point tells of it. */
function told({
  mount = "pki",
  mountReadable = 1,
  readable = 1,
  made = 0,
  namespace = "vault",
}: CrlState = {}): Samples {
  const series = (crl: string) => {
    const labels = `{mount="${mount}",issuer="0b8f9a4e-63a5-2c4f-9e7d-0123456789ab",crl="${crl}"}`;
    return `${mountReadable === 1 ? `pki_crl_readable${labels} ${readable}` : ""}
pki_crl_this_update_timestamp_seconds${labels} ${start + made}
pki_crl_next_update_timestamp_seconds${labels} ${start + made + 72 * hour}
`;
  };
  return readExposition(
    `pki_mount_readable{mount="${mount}"} ${mountReadable}\n${series("complete")}${series("delta")}`,
    { namespace, pod: "pki-distribution-point-0" },
  );
}

const well = together(told(), told({ mount: "pki_int" }));

describe("The alerts on CRLs", () => {
  it("are expressions that Prometheus' own grammar knows, of which each mount has one that tells of silence", () => {
    assert.deepEqual(
      rulesOf().map(({ alert }) => alert),
      ["CrlNotRenewed", "CrlEndsSoon", "CrlUnreadable", "CrlMetricsSilent", "CrlMetricsSilent"],
    );
    for (const { expr } of rulesOf()) {
      assert.ok(new PromQl(expr).selectors.length > 0, expr);
    }
  });

  it("each have a severity, a waiting time and words for whoever is woken by them", () => {
    for (const { alert, for: wait, labels, annotations } of rulesOf()) {
      assert.match(alert, /^Crl[A-Z][A-Za-z]+$/);
      assert.match(wait, /^[1-9][0-9]*m$/, alert);
      assert.ok(["warning", "critical"].includes(labels.severity!), alert);
      assert.match(annotations.summary, /\w{3}/, alert);
      assert.match(annotations.description, /"kubectl -n vault .*"/, alert);
    }
  });

  it("are silent while all is well, up to the age at which Vault makes the next CRL", () => {
    assert.deepEqual(firing(well), []);
    assert.deepEqual(firing(well, start + 24.5 * hour), []);
  });

  it("tell of a CRL that was not made anew, then that its end is near", () => {
    const late = together(told(), told({ mount: "pki_int", made: 60 * hour }));
    assert.deepEqual(firing(late, start + 26 * hour), [
      "CrlNotRenewed pki complete",
      "CrlNotRenewed pki delta",
    ]);
    assert.deepEqual(firing(late, start + 57 * hour).length, 2);
    const both = ["complete", "delta"].flatMap((crl) => [
      `CrlNotRenewed pki ${crl}`,
      `CrlEndsSoon pki ${crl}`,
    ]);
    assert.deepEqual(firing(late, start + 58 * hour).sort(), both.sort());
    assert.deepEqual(firing(late, start + 80 * hour).sort(), both.sort(), "also when it has ended");
  });

  it("tell how old a CRL is and how long it is still good", () => {
    const values = Object.fromEntries(
      rulesOf().map(({ alert, expr }) => [
        alert,
        new PromQl(expr).evaluate(told(), new Date((start + 60 * hour) * 1000))[0]?.value,
      ]),
    );
    assert.equal(values.CrlNotRenewed, 60 * hour);
    assert.equal(values.CrlEndsSoon, 12 * hour);
  });

  it("do not tell of an end that is near as a matter of course, nor of any with a share of 0", () => {
    assert.deepEqual(firing(well, start + hour, { expiryWarningPercent: 100 }), []);
    assert.ok(
      firing(well, start + 26 * hour, { expiryWarningPercent: 100 }).includes("CrlEndsSoon pki delta"),
    );
    const none = rulesOf({ expiryWarningPercent: 0 }).map(({ alert }) => alert);
    assert.ok(!none.includes("CrlEndsSoon") && none.includes("CrlNotRenewed"));
  });

  it("tell of CRLs that cannot be had, and once of a mount of which nothing can", () => {
    const other = told({ mount: "pki_int" });
    assert.deepEqual(firing(together(told({ readable: 0 }), other)), [
      "CrlUnreadable pki complete",
      "CrlUnreadable pki delta",
    ]);
    const nothing = together(told({ mountReadable: 0 }), other);
    assert.deepEqual(firing(nothing), ["CrlUnreadable pki"]);
    assert.ok(firing(nothing, start + 60 * hour).includes("CrlEndsSoon pki complete"), "of the last one");
  });

  it("tell of a mount that nobody tells of, but not by another Vault's distribution point", () => {
    assert.deepEqual(firing(told()), ["CrlMetricsSilent"]);
    assert.deepEqual(firing(new Map()), ["CrlMetricsSilent", "CrlMetricsSilent"]);
    const ofOther = together(
      told({ namespace: "other" }),
      told({ mount: "pki_int", namespace: "other", readable: 0 }),
    );
    assert.deepEqual(firing(ofOther, start + 60 * hour), ["CrlMetricsSilent", "CrlMetricsSilent"]);
  });

  it("are not there without mounts", () => {
    assert.deepEqual(crlAlertGroups({ ...topics, mountPaths: [] }), []);
  });

  it("ask for mounts and namespaces as they are called, whatever their characters", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: "grapheme" }),
        fc.string({ minLength: 1 }),
        (mount, namespace) => {
          const { expr } = rulesOf({ mountPaths: [mount], namespace }).at(-1)!;
          const silentWith = (labels: Record<string, string>) =>
            new PromQl(expr).evaluate(new Map([["pki_mount_readable", [{ labels, value: 1 }]]]), new Date())
              .length;
          assert.equal(silentWith({ mount, namespace }), 0);
          assert.equal(silentWith({ mount: `${mount}x`, namespace }), 1);
          assert.equal(silentWith({ mount, namespace: `${namespace}x` }), 1);
        },
      ),
    );
  });
});

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { crlMetrics, crlMetricsScript, crlMetricsService } from "../../components/internal/crl-metrics";
import { readExposition } from "../support/exposition";
import { LuaProxy } from "../support/lua-proxy";
import { makeAuthority, makeCrl, type CrlWish } from "../support/openssl-ca";

const vault = "http://127.0.0.1:8083";
const id = (first: string) => `${first}b8f9a4e-63a5-2c4f-9e7d-0123456789ab`;
const noCrl = {
  status: 500,
  body: '{"errors":["1 error occurred:\\n\\t* unable to find CRL for issuer: id:x/ref:x\\n\\n"]}',
};
const sealed = { status: 503, body: '{"errors":["Vault is sealed"]}' };

describe("The metrics of CRLs", function () {
  this.timeout(30_000);
  const authority = makeAuthority({ name: "CRLs" });
  const made = new Date("2026-11-30T12:00:00Z");
  const ends = new Date("2026-12-03T12:00:00Z");
  const crl = (wish: Partial<CrlWish> = {}) =>
    makeCrl({ authority, thisUpdate: made, nextUpdate: ends, ...wish });
  let proxy: LuaProxy;

  async function load(...mounts: string[]): Promise<void> {
    proxy = await LuaProxy.load(crlMetricsScript, vault, ...mounts);
  }

  afterEach(() => proxy.close());

  /** Has Vault list issuers of a mount, as it writes them; those in `without` have no key. */
  function list(mount: string, issuers: string[], without: string[] = []): void {
    const key_info = Object.fromEntries(
      [...issuers, ...without].map((issuer, index) => [
        issuer,
        {
          is_default: index === 0,
          issuer_name: index === 0 ? "first-1.0" : "",
          key_id: without.includes(issuer) ? "" : id("f"),
          serial_number: "4f:01",
        },
      ]),
    );
    const body = { request_id: id("9"), data: { key_info, keys: Object.keys(key_info) }, warnings: null };
    proxy.answers[`${vault}/v1/${mount}/issuers?list=true`] = { status: 200, body: JSON.stringify(body) };
  }

  const urlOf = (mount: string, issuer: string, file = "crl/der") =>
    `${vault}/v1/${mount}/issuer/${issuer}/${file}`;
  const give = (mount: string, issuer: string, complete: Buffer, delta = complete) => {
    proxy.answers[urlOf(mount, issuer)] = { status: 200, body: complete };
    proxy.answers[urlOf(mount, issuer, "crl/delta/der")] = { status: 200, body: delta };
  };

  /** Values by metric and labels, such as `pki_crl_readable pki 0b… delta`. */
  function told(): Record<string, number> {
    const { status, body } = proxy.serve(crlMetricsService);
    assert.equal(status, 200);
    return Object.fromEntries(
      [...readExposition(body)].flatMap(([metric, samples]) =>
        samples.map(({ labels, value }) => [
          [metric, labels.mount, labels.issuer, labels.crl].filter(Boolean).join(" "),
          value,
        ]),
      ),
    );
  }

  const seconds = (date: Date) => date.getTime() / 1000;

  it("are the times in each complete and delta CRL of every issuer of each mount", async () => {
    await load("pki", "lab/v1.2");
    list("pki", [id("0"), id("1")]);
    list("lab/v1.2", [id("2")]);
    const later = new Date("2026-11-30T12:15:00Z");
    give("pki", id("0"), crl(), crl({ thisUpdate: later }));
    give("pki", id("1"), crl());
    give("lab/v1.2", id("2"), crl());
    const values = told();
    assert.equal(Object.keys(values).length, 2 + 3 * 3 * 2);
    for (const which of [`pki ${id("0")}`, `pki ${id("1")}`, `lab/v1.2 ${id("2")}`]) {
      for (const kind of ["complete", "delta"]) {
        assert.equal(values[`${crlMetrics.crlReadable} ${which} ${kind}`], 1);
        assert.equal(values[`${crlMetrics.nextUpdate} ${which} ${kind}`], seconds(ends));
      }
      assert.equal(values[`${crlMetrics.thisUpdate} ${which} complete`], seconds(made));
    }
    assert.equal(values[`${crlMetrics.thisUpdate} pki ${id("0")} delta`], seconds(later));
    assert.equal(values[`${crlMetrics.mountReadable} pki`], 1);
    assert.equal(values[`${crlMetrics.mountReadable} lab/v1.2`], 1);
    assert.deepEqual(proxy.warnings, []);
  });

  it("are the text that Prometheus reads, in an order that is always the same", async () => {
    await load("pki");
    const issuers = ["0", "1", "2", "3", "4"].map(id);
    list("pki", issuers);
    for (const issuer of issuers) {
      give("pki", issuer, crl());
    }
    const { headers, body } = proxy.serve(crlMetricsService);
    assert.equal(headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8");
    assert.equal(headers["Content-Length"], `${Buffer.byteLength(body)}`);
    const lines = body.split("\n");
    assert.equal(lines.pop(), "", "the last line ends as well");
    for (const metric of Object.values(crlMetrics)) {
      const first = lines.findIndex((line) => line.startsWith(`${metric}{`));
      assert.match(lines[first - 2]!, new RegExp(`^# HELP ${metric} \\w`));
      assert.equal(lines[first - 1], `# TYPE ${metric} gauge`);
      const own = lines.filter((line) => line.startsWith(`${metric}{`));
      assert.deepEqual(lines.slice(first, first + own.length), own, "nothing between samples of a metric");
      assert.deepEqual(own, [...own].sort());
    }
  });

  it("write a mount as it is called, whatever its characters", async () => {
    const mount = 'a\\b"c\nd';
    await load(mount);
    assert.deepEqual(told(), { [`${crlMetrics.mountReadable} ${mount}`]: 0 });
  });

  it("know every way of a CRL to be written: kinds of time, long lists, without version or number", async () => {
    await load("pki");
    const wishes: Partial<CrlWish>[] = [
      { nextUpdate: new Date("2049-12-31T23:59:59Z") },
      { nextUpdate: new Date("2050-01-01T00:00:00Z") },
      { thisUpdate: new Date("2024-02-29T00:00:00Z"), nextUpdate: new Date("2400-03-01T01:02:03Z") },
      { thisUpdate: new Date("1999-12-31T23:59:59Z") },
      { revoked: 1 },
      { revoked: 3000 },
      { version1: true },
    ];
    const issuers = wishes.map((_, index) => id(index.toString()));
    list("pki", issuers);
    wishes.forEach((wish, index) => give("pki", issuers[index]!, crl(wish)));
    const values = told();
    wishes.forEach(({ thisUpdate = made, nextUpdate = ends }, index) => {
      assert.equal(values[`${crlMetrics.thisUpdate} pki ${issuers[index]} complete`], seconds(thisUpdate));
      assert.equal(values[`${crlMetrics.nextUpdate} pki ${issuers[index]} complete`], seconds(nextUpdate));
    });
  });

  it("know every time that there is", async () => {
    await load("pki");
    list("pki", [id("0")]);
    // To the second, as a CRL has it.
    const time = fc.integer({ min: Date.parse("1950-01-01") / 1000, max: Date.parse("9999-12-31") / 1000 });
    fc.assert(
      fc.property(time, time, (first, second) => {
        give("pki", id("0"), crlOf(first, second));
        proxy.now += 1000;
        const values = told();
        assert.equal(values[`${crlMetrics.thisUpdate} pki ${id("0")} delta`], first);
        assert.equal(values[`${crlMetrics.nextUpdate} pki ${id("0")} delta`], second);
      }),
    );
  });

  it("leave out what has no CRL: an issuer without a key or without the right, and a delta that is not made", async () => {
    await load("pki");
    list("pki", [id("0"), id("1")], [id("2")]);
    give("pki", id("0"), crl());
    proxy.answers[urlOf("pki", id("0"), "crl/delta/der")] = { status: 204 };
    for (const file of ["crl/der", "crl/delta/der"]) {
      proxy.answers[urlOf("pki", id("1"), file)] = noCrl;
    }
    const names = Object.keys(told());
    assert.deepEqual(
      names.filter((name) => name.startsWith(crlMetrics.crlReadable)),
      [`${crlMetrics.crlReadable} pki ${id("0")} complete`],
    );
    assert.ok(!proxy.asked.some((url) => url.includes(id("2"))), "asks not for what cannot be there");
    assert.deepEqual(proxy.warnings, []);
  });

  it("tell of a CRL that cannot be had, with why in the log, and still when the last one was to end", async () => {
    await load("pki");
    list("pki", [id("0")]);
    give("pki", id("0"), crl());
    told();
    const whole = crl();
    const bad: [{ status: number; body?: Buffer | string }, string][] = [
      [{ status: 404, body: "{}" }, "status 404"],
      [{ status: 500, body: '{"errors":["internal error"]}' }, "status 500"],
      [{ status: 204 }, "status 204"],
      [{ status: 200, body: "" }, "it ends early"],
      [{ status: 200, body: whole.subarray(0, -1) }, "it ends early"],
      [{ status: 200, body: Buffer.concat([whole, Buffer.from([0])]) }, "something follows it"],
      [{ status: 200, body: "<html>" }, "it ends early"],
      [{ status: 200, body: Buffer.from("0500", "hex") }, "it is no CRL"],
      [{ status: 200, body: Buffer.from("30023000", "hex") }, "it ends early"],
      [{ status: 200, body: Buffer.from("308530", "hex") }, "it has a length that is none"],
      [{ status: 200, body: Buffer.from("308301", "hex") }, "it has a length that is none"],
      [{ status: 200, body: Buffer.from(`3080${"00".repeat(128)}`, "hex") }, "it has a length that is none"],
      [{ status: 200, body: crlOf(seconds(made)) }, "it lacks one of its two times"],
    ];
    for (const [answer, why] of bad) {
      proxy.answers[urlOf("pki", id("0"))] = answer;
      proxy.now += 1000;
      const values = told();
      assert.equal(values[`${crlMetrics.crlReadable} pki ${id("0")} complete`], 0, why);
      assert.equal(values[`${crlMetrics.crlReadable} pki ${id("0")} delta`], 1);
      assert.equal(values[`${crlMetrics.mountReadable} pki`], 1);
      assert.equal(values[`${crlMetrics.nextUpdate} pki ${id("0")} complete`], seconds(ends), why);
      assert.equal(proxy.warnings.pop(), `complete CRL of issuer ${id("0")} in mount pki: ${why}`);
    }
    assert.deepEqual(proxy.warnings, []);
  });

  it("tell of a delta CRL that was there and is not any more, as after a restart of a Vault with file storage", async () => {
    await load("pki");
    list("pki", [id("0")]);
    give("pki", id("0"), crl());
    const readable = () => {
      proxy.now += 1000;
      return told()[`${crlMetrics.crlReadable} pki ${id("0")} delta`];
    };
    assert.equal(readable(), 1);
    proxy.answers[urlOf("pki", id("0"), "crl/delta/der")] = { status: 204 };
    assert.equal(readable(), 0);
    assert.equal(readable(), 0, "for as long as it is missing");
    give("pki", id("0"), crl());
    assert.equal(readable(), 1);
  });

  it("are never an error, whatever Vault gives for a CRL", async () => {
    await load("pki");
    list("pki", [id("0")]);
    const whole = crl();
    const mutilated = fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, byte]) => {
      const copy = Buffer.from(whole);
      copy[at] = byte;
      return copy;
    });
    const any = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(mutilated, any), (body) => {
        give("pki", id("0"), body);
        proxy.now += 1000;
        const readable = told()[`${crlMetrics.crlReadable} pki ${id("0")} delta`];
        assert.ok(readable === 0 || readable === 1);
      }),
    );
  });

  it("tell of a mount whose issuers cannot be had, once, and still when its CRLs are to end", async () => {
    await load("pki", "pki_int");
    list("pki", [id("0")]);
    list("pki_int", [id("1")]);
    give("pki", id("0"), crl());
    give("pki_int", id("1"), crl());
    told();
    for (const [answer, why] of [
      [sealed, "status 503"],
      [{ status: 200, body: "<html>" }, "status 200"],
    ] as const) {
      proxy.answers[`${vault}/v1/pki/issuers?list=true`] = answer;
      proxy.now += 1000;
      const values = told();
      assert.equal(values[`${crlMetrics.mountReadable} pki`], 0);
      assert.equal(values[`${crlMetrics.mountReadable} pki_int`], 1);
      assert.equal(values[`${crlMetrics.crlReadable} pki ${id("0")} complete`], undefined);
      assert.equal(values[`${crlMetrics.nextUpdate} pki ${id("0")} complete`], seconds(ends));
      assert.deepEqual(proxy.warnings.splice(0), [`issuers of mount pki: ${why}`]);
    }
    list("pki", [id("3")]);
    give("pki", id("3"), crl());
    proxy.now += 1000;
    assert.ok(
      !Object.keys(told()).some((name) => name.includes(id("0"))),
      "an issuer that is gone is forgotten",
    );
  });

  it("ask Vault, which writes down every request, once in five minutes, and soon again where something was missing", async () => {
    await load("pki");
    list("pki", [id("0")]);
    give("pki", id("0"), crl());
    const requestsAfter = (pause: number) => {
      proxy.now += pause;
      proxy.asked = [];
      told();
      return proxy.asked.length;
    };
    assert.equal(requestsAfter(0), 3);
    assert.deepEqual([60, 60, 60, 60, 59].map(requestsAfter), [0, 0, 0, 0, 0]);
    proxy.answers[urlOf("pki", id("0"))] = sealed;
    assert.equal(requestsAfter(1), 3);
    assert.equal(requestsAfter(14), 0);
    assert.equal(requestsAfter(1), 3);
  });

  it("come within the ten seconds that Prometheus waits, when Vault is silent at any point", async () => {
    const mounts = ["a", "b", "c", "d", "e", "f"];
    for (const silentFrom of [0, 1, 2]) {
      await load(...mounts);
      for (const mount of mounts) {
        list(mount, [id("0"), id("1")]);
        const requests = [
          `${vault}/v1/${mount}/issuers?list=true`,
          urlOf(mount, id("0")),
          urlOf(mount, id("1")),
        ];
        for (const url of requests.slice(silentFrom)) {
          proxy.answers[url] = "silence";
        }
      }
      const began = proxy.now;
      const values = told();
      assert.ok(proxy.now - began > 4 && proxy.now - began <= 8.01, `${proxy.now - began} s`);
      assert.equal(values[`${crlMetrics.mountReadable} f`], 0, "what was not asked for in time");
      if (silentFrom < 2) {
        proxy.close();
      }
    }
  });

  /** The outline of a CRL with these times; without the second, the list of revoked certificates follows the first. */
  function crlOf(thisUpdate: number, nextUpdate?: number): Buffer {
    const element = (tag: number, content: Buffer) =>
      Buffer.concat([Buffer.from([tag, content.length]), content]);
    const time = (at: number) => {
      const text = new Date(at * 1000).toISOString().replace(/[-:T]|\.000/g, "");
      const short = Number(text.slice(0, 4)) < 2050;
      return element(short ? 0x17 : 0x18, Buffer.from(short ? text.slice(2) : text));
    };
    const nothing = element(0x30, Buffer.alloc(0));
    const times = nextUpdate === undefined ? [time(thisUpdate)] : [time(thisUpdate), time(nextUpdate)];
    return element(0x30, element(0x30, Buffer.concat([nothing, nothing, ...times, nothing])));
  }
});

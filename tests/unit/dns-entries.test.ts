import assert from "node:assert/strict";
import { dnsEntries } from "../../dns-entries";

describe("DNS entries", () => {
  const hosts = ["podinfo.wsp.local", "podinfo"];

  it("are ready to paste for an IP address", () => {
    assert.deepEqual(dnsEntries("192.168.1.241", hosts), {
      dnsmasq: "address=/podinfo.wsp.local/192.168.1.241\naddress=/podinfo/192.168.1.241",
      hosts: "192.168.1.241 podinfo.wsp.local podinfo",
    });
  });

  it("alias the load balancer's name where the cluster gives a name", () => {
    const entries = dnsEntries("lb.example.org", hosts);
    assert.equal(entries.dnsmasq, "cname=podinfo.wsp.local,lb.example.org\ncname=podinfo,lb.example.org");
    assert.match(entries.hosts, /^#.*lb\.example\.org/, "no line that a hosts file would misread");
  });
});

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { stackOutputs } from "../support/lab";
import { assertTrustedPage, stackOfOrigin, vaultAnswer } from "../support/origin-stack";
import type { StackRun } from "../support/stack";

const issuingCa = "homelab.local Vault Intermediate";
const rootCa = "homelab.local Root CA";

describe("a CA that is made by Pulumi", () => {
  let run: StackRun;

  before(async () => {
    run = await stackOfOrigin("generate");
    await run.up();
  });

  after(async () => {
    await run.destroy();
    run.forget();
  });

  it("carries the page for a client that trusts only its root, and stays as it is", async () => {
    assert.deepEqual(await assertTrustedPage(), [
      "podinfo.wsp.local",
      issuingCa,
      "homelab.local Intermediate CA",
      rootCa,
    ]);
    await run.up("--expect-no-changes");
  });
});

describe("a root that is made in Vault", () => {
  let run: StackRun;

  before(async () => {
    run = await stackOfOrigin("generate-in-vault", { vaultRootToken: "revoke" });
    await run.up();
  });

  after(async () => {
    await run.destroy();
    run.forget();
  });

  it("carries the page for a client that trusts only it, with a token of Pulumi's own, and stays as it is", async () => {
    assert.deepEqual(await assertTrustedPage(), ["podinfo.wsp.local", issuingCa, rootCa]);
    await run.up("--expect-no-changes");
  });

  it("lives for 20 years, and its key stays in Vault", async () => {
    const { rootCaPem } = await stackOutputs();
    const { validFrom, validTo } = new X509Certificate(rootCaPem);
    const hours = (Date.parse(validTo) - Date.parse(validFrom)) / 3600_000;
    assert.equal(Math.round(hours), 175_200);
    const issuer = (await vaultAnswer("read", "pki/issuer/default")).data;
    assert.equal(issuer.certificate.trim(), rootCaPem.trim());
    assert.notEqual(issuer.key_id, "");
  });
});

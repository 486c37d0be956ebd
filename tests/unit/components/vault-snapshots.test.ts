import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { VaultSnapshots, type VaultSnapshotsArgs } from "../../../components";
import { assertChildren, assertOutputs, given } from "../../support/component-checks";
import { Recording } from "../../support/mocks";

describe("VaultSnapshots", () => {
  let recording: Recording;
  let component: VaultSnapshots;
  const args: VaultSnapshotsArgs = {
    namespace: "vault",
    address: "https://vault-active.vault:8200",
    storageClass: "",
  };

  async function withArgs(further: Partial<VaultSnapshotsArgs>): Promise<Recording> {
    const other = await Recording.start();
    new VaultSnapshots("other", { ...args, ...further });
    return other.finish();
  }

  before(async () => {
    recording = await Recording.start();
    component = new VaultSnapshots("snapshots", args, {
      provider: new vault.Provider(given("vault"), { address: "https://192.168.1.242:8200" }),
      deletedWith: new pulumi.ComponentResource("test:index:Release", given("release")),
    });
    await recording.finish();
  });

  it("is a login, a ServiceAccount, a volume, a CronJob and one Job at once", () => {
    assert.equal(recording.get("snapshots").type, "cert-manager-vault:index:VaultSnapshots");
    assertChildren(recording, "snapshots", {
      "snapshots-policy": "vault:index/policy:Policy",
      "snapshots-role": "vault:kubernetes/authBackendRole:AuthBackendRole",
      "snapshots-service-account": "kubernetes:core/v1:ServiceAccount",
      "snapshots-volume": "kubernetes:core/v1:PersistentVolumeClaim",
      "snapshots-cron-job": "kubernetes:batch/v1:CronJob",
      "snapshots-first": "kubernetes:batch/v1:Job",
    });
  });

  it("may read snapshots and nothing else, by one ServiceAccount with one audience", () => {
    const { policy } = recording.get("snapshots-policy").inputs;
    assert.deepEqual(policy.match(/path "(.*)"/g), ['path "sys/storage/raft/snapshot"']);
    assert.match(policy, /capabilities = \["read"\]/);
    const { inputs, deletedWith } = recording.get("snapshots-role");
    assert.deepEqual(inputs.boundServiceAccountNames, ["vault-snapshots"]);
    assert.deepEqual(inputs.boundServiceAccountNamespaces, ["vault"]);
    assert.deepEqual(inputs.tokenPolicies, ["snapshots"]);
    const pod = recording.get("snapshots-cron-job").inputs.spec.jobTemplate.spec.template.spec;
    const { projected } = pod.volumes.find((volume: any) => volume.name === "token");
    assert.equal(projected.sources[0].serviceAccountToken.audience, inputs.audience);
    assert.equal(deletedWith, given("release"));
  });

  it("writes by schedule, never two at once, and fails rather than waits", () => {
    const { spec } = recording.get("snapshots-cron-job").inputs;
    assert.equal(spec.schedule, "0 3 * * *");
    assert.equal(spec.timeZone, "Etc/UTC");
    assert.equal(spec.concurrencyPolicy, "Forbid");
    assert.equal(spec.jobTemplate.spec.activeDeadlineSeconds, 600);
  });

  it("is done only when a first one has been written, by the same pod as the later ones", async () => {
    const first = recording.get("snapshots-first");
    assert.deepEqual(first.inputs.spec, recording.get("snapshots-cron-job").inputs.spec.jobTemplate.spec);
    assert.ok(first.dependsOn.includes("snapshots-role"));
    assert.ok((await recording.dependencies(component.claimName)).includes("snapshots-first"));
    await assertOutputs(recording, component, "snapshots", {
      cronJobName: "vault-snapshots",
      claimName: "vault-snapshots",
    });
  });

  it("writes one more when there is a reason for it", async () => {
    const first = (await withArgs({ reason: "none since yesterday" })).get("other-first");
    assert.equal(first.inputs.metadata.annotations.reason, "none since yesterday");
    assert.ok(first.replaceOnChanges.includes("metadata.annotations.reason"));
  });

  it("gives its pod no rights on the machine and no token of the cluster's", () => {
    const pod = recording.get("snapshots-first").inputs.spec.template.spec;
    assert.equal(pod.automountServiceAccountToken, false);
    assert.equal(pod.securityContext.runAsNonRoot, true);
    const { securityContext } = pod.containers[0];
    assert.equal(securityContext.readOnlyRootFilesystem, true);
    assert.deepEqual(securityContext.capabilities.drop, ["ALL"]);
  });

  it("takes another schedule, number, volume, image and login", async () => {
    const other = await withArgs({
      schedule: "@hourly",
      keep: 48,
      storageClass: "slow",
      storageSize: "5Gi",
      imageRepository: "registry.lan/vault",
      imageTag: "1.20.0",
      authPath: "lab/kubernetes",
    });
    const { schedule, jobTemplate } = other.get("other-cron-job").inputs.spec;
    assert.equal(schedule, "@hourly");
    const [container] = jobTemplate.spec.template.spec.containers;
    assert.equal(container.image, "registry.lan/vault:1.20.0");
    assert.match(container.command.at(-1), /auth\/lab\/kubernetes\/login/);
    assert.match(container.command.at(-1), /tail -n \+49/);
    const { spec } = other.get("other-volume").inputs;
    assert.equal(spec.storageClassName, "slow");
    assert.equal(spec.resources.requests.storage, "5Gi");
  });
});

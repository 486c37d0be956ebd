import assert from "node:assert/strict";
import { VaultServer, type VaultServerArgs } from "../../../components";
import { listenerDnsNames } from "../../../components/internal/listener-names";
import { assertChildren, assertOutputs } from "../../support/component-checks";
import { isSecret, Recording, resolved, value } from "../../support/mocks";

describe("VaultServer", () => {
  let recording: Recording;
  let component: VaultServer;
  const args: VaultServerArgs = {
    loadBalancerIp: "192.168.1.242",
    storageClass: "longhorn",
    listenerCertificateChainPem: "listener's certificate\nintermediate\n",
    listenerPrivateKeyPem: "listener's key\n",
    caChainPem: "intermediate\nroot\n",
  };

  async function valuesWith(further: Partial<VaultServerArgs>): Promise<any> {
    const other = await Recording.start();
    new VaultServer("other", { ...args, ...further });
    return (await other.finish()).get("other-release").inputs.values;
  }

  before(async () => {
    recording = await Recording.start();
    component = new VaultServer("server", args);
    await recording.finish();
  });

  it("is a namespace, two Secrets and a release", () => {
    assert.equal(recording.get("server").type, "cert-manager-vault:index:VaultServer");
    assertChildren(recording, "server", {
      "server-namespace": "kubernetes:core/v1:Namespace",
      "server-tls-ca": "kubernetes:core/v1:Secret",
      "server-listener-tls": "kubernetes:core/v1:Secret",
      "server-release": "kubernetes:helm.sh/v3:Release",
    });
    assert.equal(recording.get("server-namespace").inputs.metadata.name, "vault");
  });

  it("puts certificate, key and CA into Secrets before the release", () => {
    const authority = recording.get("server-tls-ca").inputs;
    assert.deepEqual(authority.metadata, { name: "tls-ca", namespace: "vault" });
    assert.deepEqual(value(authority.stringData), { "tls.crt": args.caChainPem });
    const listener = recording.get("server-listener-tls").inputs;
    assert.deepEqual(listener.metadata, { name: "vault-ui-tls", namespace: "vault" });
    assert.equal(listener.type, "kubernetes.io/tls");
    assert.deepEqual(value(listener.stringData), {
      "tls.crt": args.listenerCertificateChainPem,
      "tls.key": args.listenerPrivateKeyPem,
    });
    const { dependsOn } = recording.get("server-release");
    assert.ok(dependsOn.includes("server-tls-ca") && dependsOn.includes("server-listener-tls"));
  });

  it("keeps the listener's key secret, even one that is given in clear", () => {
    assert.ok(isSecret(recording.get("server-listener-tls").inputs.stringData));
    assert.ok(isSecret(recording.get("server").inputs.listenerPrivateKeyPem));
  });

  it("is HashiCorp's chart under a name that does not change, and is not awaited", () => {
    const { inputs } = recording.get("server-release");
    assert.equal(inputs.name, "vault");
    assert.equal(inputs.namespace, "vault");
    assert.equal(inputs.chart, "vault");
    assert.equal(inputs.version, "0.34.1");
    assert.equal(inputs.repositoryOpts.repo, "https://helm.releases.hashicorp.com");
    assert.equal(inputs.skipAwait, true, "a Vault that is not initialised never becomes ready");
  });

  it("serves TLS with the mounted files, at the LoadBalancer's address", () => {
    const { global, injector, ui, server } = recording.get("server-release").inputs.values;
    assert.equal(global.tlsDisable, false);
    assert.equal(injector.enabled, false);
    assert.equal(ui.serviceType, "LoadBalancer");
    assert.equal(ui.externalPort, 8200);
    assert.equal(ui.loadBalancerIP, "192.168.1.242");
    assert.equal(server.standalone.enabled, true);
    const mounted = server.volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
    const read = [...server.standalone.config.matchAll(/tls_\w+_file\s*= "(.*)"/g)].map(([, file]) => file);
    assert.equal(read.length, 3);
    for (const file of [...read, server.extraEnvironmentVars.VAULT_CACERT]) {
      assert.ok(
        mounted.some((folder: string) => file.startsWith(`${folder}/`)),
        `${file} is in one of ${mounted.join(", ")}`,
      );
    }
    assert.match(server.standalone.config, /storage "file"/);
  });

  it("has a Service inside the cluster only, and its address, where no other is given", async () => {
    const other = await Recording.start();
    const { address, clusterAddress } = new VaultServer("other", { ...args, loadBalancerIp: undefined });
    const { ui } = (await other.finish()).get("other-release").inputs.values;
    assert.deepEqual(ui, { enabled: true, externalPort: 8200, serviceType: "ClusterIP" });
    assert.equal(await resolved(address), "https://vault.vault:8200");
    assert.equal(await resolved(clusterAddress), await resolved(address));
  });

  it("mounts the Secrets that there are", () => {
    const { volumes, volumeMounts } = recording.get("server-release").inputs.values.server;
    const secrets = ["server-tls-ca", "server-listener-tls"].map(
      (name) => recording.get(name).inputs.metadata.name,
    );
    for (const secret of secrets) {
      const volume = volumes.find((one: any) => one.secret.secretName === secret);
      assert.ok(volume, secret);
      assert.ok(volumeMounts.some((mount: any) => mount.name === volume.name && mount.readOnly));
    }
  });

  it("keeps data and audit log on volumes of the class, which go with the release", () => {
    const { server } = recording.get("server-release").inputs.values;
    assert.deepEqual(server.dataStorage, { enabled: true, size: "10Gi", storageClass: "longhorn" });
    assert.deepEqual(server.auditStorage, { enabled: true, size: "10Gi", storageClass: "longhorn" });
    assert.equal(server.persistentVolumeClaimRetentionPolicy.whenDeleted, "Delete");
  });

  it("has a sidecar of the same image that unseals with the Secret's keys, if it is there", () => {
    const { server } = recording.get("server-release").inputs.values;
    assert.deepEqual(server.image, { repository: "hashicorp/vault", tag: "1.21.1" });
    const [sidecar] = server.extraContainers;
    assert.equal(sidecar.image, "hashicorp/vault:1.21.1");
    const volume = server.volumes.find((one: any) => one.secret.secretName === "vault-unseal-keys");
    assert.equal(volume.secret.optional, true, "a new Vault starts before its keys are there");
    const mount = sidecar.volumeMounts.find((one: any) => one.name === volume.name);
    assert.ok(
      sidecar.command.at(-1).includes(mount.mountPath),
      "the script looks where the keys are mounted",
    );
    assert.ok(
      !server.volumeMounts.some((one: any) => one.name === volume.name),
      "the server does not see its own unseal keys",
    );
    assert.equal(server.shareProcessNamespace, true, "the sidecar signals the server");
    assert.equal(server.updateStrategyType, "RollingUpdate");
  });

  it("has the sidecar rotate the audit log on its volume, unless told not to", async () => {
    const [sidecar] = recording.get("server-release").inputs.values.server.extraContainers;
    assert.ok(
      sidecar.volumeMounts.some((one: any) => one.name === "audit" && one.mountPath === "/vault/audit"),
    );
    const limit = '"/vault/audit/audit.log" 2>/dev/null || echo 0)" -gt';
    assert.ok(sidecar.command.at(-1).includes(`${limit} ${2 ** 30} ]`));
    const { server } = await valuesWith({ auditLogMaxSize: "" });
    assert.ok(!server.extraContainers[0].command.at(-1).includes("/vault/audit"));
  });

  it("gives its sidecar no rights", () => {
    const { securityContext } = recording.get("server-release").inputs.values.server.extraContainers[0];
    assert.equal(securityContext.allowPrivilegeEscalation, false);
    assert.equal(securityContext.readOnlyRootFilesystem, true);
    assert.deepEqual(securityContext.capabilities.drop, ["ALL"]);
  });

  it("gives addresses, the Secret's name and the release", async () => {
    await assertOutputs(recording, component, "server", {
      namespace: "vault",
      address: "https://192.168.1.242:8200",
      clusterAddress: "https://vault.vault:8200",
      unsealSecretName: "vault-unseal-keys",
      statefulSetName: "vault",
      auditLogPath: "/vault/audit/audit.log",
    });
    assert.match(value(recording.get("server").outputs!.release).urn, /::server-release$/);
  });

  it("mounts no keys and restarts only by its owner's hand when the sidecar is not to unseal", async () => {
    const { server } = await valuesWith({ autoUnseal: false });
    const [sidecar] = server.extraContainers;
    for (const { name } of [...server.volumes, ...sidecar.volumeMounts]) {
      assert.notEqual(name, "vault-unseal-keys");
    }
    assert.equal(server.updateStrategyType, "OnDelete");
  });

  it("takes other images, sizes and a port, and keeps the volumes when told to", async () => {
    const { server, ui } = await valuesWith({
      imageRepository: "registry.lan/vault",
      imageTag: "1.20.0",
      dataStorageSize: "1Gi",
      auditStorageSize: "2Gi",
      port: 443,
      retainData: true,
    });
    assert.equal(server.extraContainers[0].image, "registry.lan/vault:1.20.0");
    assert.equal(server.dataStorage.size, "1Gi");
    assert.equal(server.auditStorage.size, "2Gi");
    assert.equal(ui.externalPort, 443);
    assert.equal(server.persistentVolumeClaimRetentionPolicy.whenDeleted, "Retain");
  });

  describe("on several nodes", () => {
    it("is the chart's high availability with integrated storage, and standalone is off", async () => {
      const { server } = await valuesWith({ replicas: 3 });
      assert.equal(server.standalone.enabled, false);
      const { enabled, replicas, raft, disruptionBudget } = server.ha;
      assert.deepEqual([enabled, replicas, raft.enabled, raft.setNodeId], [true, 3, true, true]);
      assert.equal(disruptionBudget.enabled, true);
      assert.match(raft.config, /storage "raft" \{\n {2}path = "\/vault\/data"/);
      assert.match(raft.config, /service_registration "kubernetes" \{\}/);
    });

    it("lets each join any other by TLS, checked by a name of the listener's certificate", async () => {
      const { server } = await valuesWith({ replicas: 3, namespace: "pki" });
      const joins = [...server.ha.raft.config.matchAll(/retry_join \{([^}]*)\}/g)].map(([, join]) => join);
      assert.equal(joins.length, 3);
      joins.forEach((join, ordinal) => {
        assert.ok(join.includes(`"https://vault-${ordinal}.vault-internal:8200"`));
        assert.match(join, /leader_tls_servername = "vault\.pki\.svc"/);
        assert.match(join, /leader_ca_cert_file {3}= "\/vault\/userconfig\/tls-ca\/tls\.crt"/);
      });
      assert.ok(listenerDnsNames("pki").includes("vault.pki.svc"));
    });

    it("spreads them by the chart's own affinity, or not at all", async () => {
      assert.ok(!("affinity" in (await valuesWith({ replicas: 3 })).server));
      assert.equal((await valuesWith({ replicas: 3, antiAffinity: false })).server.affinity, "");
    });

    it("holds new ones back until they can join, by their data and the others' seal", async () => {
      const { server } = await valuesWith({ replicas: 3 });
      const [container] = server.extraInitContainers;
      assert.match(container.command.at(-1), /for pod in vault-0 vault-1 vault-2/);
      assert.deepEqual(
        container.volumeMounts.map(({ name }: { name: string }) => name),
        ["tls-ca", "data"],
      );
    });

    it("is called by clients where the active one is", async () => {
      const other = await Recording.start();
      new VaultServer("other", { ...args, replicas: 3 });
      await other.finish();
      assert.equal(other.get("other").outputs!.clusterAddress, "https://vault-active.vault:8200");
      assert.ok(listenerDnsNames("vault").includes("vault-active.vault"));
    });

    it("may be one for now, which may be drained from its machine", async () => {
      const { server } = await valuesWith({ storage: "raft" });
      assert.equal(server.ha.replicas, 1);
      assert.equal(server.ha.disruptionBudget.enabled, false);
    });
  });

  it("takes another place and chart", async () => {
    const other = await Recording.start();
    const place = { namespace: "pki", chart: "./charts/vault", chartRepository: "", chartVersion: "" };
    new VaultServer("other", { ...args, ...place, port: 443 });
    await other.finish();
    const { inputs } = other.get("other-release");
    assert.equal(inputs.namespace, "pki");
    assert.equal(inputs.chart, "./charts/vault");
    assert.equal(inputs.repositoryOpts, undefined);
    assert.equal(other.get("other").outputs!.address, "https://192.168.1.242:443");
    assert.equal(other.get("other").outputs!.clusterAddress, "https://vault.pki:8200");
  });
});

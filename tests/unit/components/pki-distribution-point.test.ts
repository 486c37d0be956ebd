import assert from "node:assert/strict";
import { PkiDistributionPoint, type PkiDistributionPointArgs } from "../../../components";
import { crlMetricsScript } from "../../../components/internal/crl-metrics";
import { assertChildren, assertOutputs } from "../../support/component-checks";
import { Recording } from "../../support/mocks";

describe("PkiDistributionPoint", () => {
  let recording: Recording;
  let component: PkiDistributionPoint;
  const args: PkiDistributionPointArgs = {
    host: "pki.homelab.local",
    namespace: "vault",
    mountPaths: ["pki", "pki_int"],
    vaultAddress: "https://vault.vault:8200",
    vaultCaPem: "intermediate\nroot\n",
  };

  async function withArgs(further: Partial<PkiDistributionPointArgs>): Promise<Recording> {
    const other = await Recording.start();
    new PkiDistributionPoint("other", { ...args, ...further });
    return other.finish();
  }

  before(async () => {
    recording = await Recording.start();
    component = new PkiDistributionPoint("point", args);
    await recording.finish();
  });

  it("is a proxy with its configuration, a Service and an Ingress", () => {
    assert.equal(recording.get("point").type, "cert-manager-vault:index:PkiDistributionPoint");
    assertChildren(recording, "point", {
      "point-configuration": "kubernetes:core/v1:ConfigMap",
      "point-deployment": "kubernetes:apps/v1:Deployment",
      "point-service": "kubernetes:core/v1:Service",
      "point-ingress": "kubernetes:networking.k8s.io/v1:Ingress",
    });
    for (const { name, inputs } of recording.all.filter(({ parent }) => parent === "point")) {
      assert.equal(inputs.metadata.namespace, "vault", name);
    }
  });

  it("gives the proxy Vault's CA and the mounts that it serves", () => {
    const { data } = recording.get("point-configuration").inputs;
    assert.equal(data["vault-ca.pem"], args.vaultCaPem);
    assert.match(data["haproxy.cfg"], /\(pki\|pki_int\)/);
    assert.match(
      data["haproxy.cfg"],
      /server vault vault\.vault:8200 .*ca-file \/usr\/local\/etc\/haproxy\/vault-ca\.pem/,
    );
  });

  it("gives its pod no rights, no token and nothing to write to, as Pod Security's restricted level asks", () => {
    const pod = recording.get("point-deployment").inputs.spec.template.spec;
    assert.equal(pod.automountServiceAccountToken, false);
    assert.equal(pod.securityContext.runAsNonRoot, true);
    assert.equal(pod.securityContext.seccompProfile.type, "RuntimeDefault");
    const [container] = pod.containers;
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    assert.ok(container.resources.requests.memory && container.resources.limits.memory);
    assert.equal(container.image, "docker.io/library/haproxy:3.0.11");
  });

  it("is ready by a port that clients do not reach", () => {
    const [container] = recording.get("point-deployment").inputs.spec.template.spec.containers;
    const { port } = container.readinessProbe.httpGet;
    const [served] = recording.get("point-service").inputs.spec.ports;
    assert.ok(container.ports.some(({ name }: { name: string }) => name === port));
    assert.notEqual(served.targetPort, port);
  });

  it("is reached on its host without TLS, and there only below the mounts", async () => {
    const { spec } = recording.get("point-ingress").inputs;
    assert.equal(spec.tls, undefined);
    assert.equal(spec.ingressClassName, undefined);
    const [rule, ...others] = spec.rules;
    assert.deepEqual(others, []);
    assert.equal(rule.host, args.host);
    assert.deepEqual(
      rule.http.paths.map(({ path }: { path: string }) => path),
      ["/v1/pki/", "/v1/pki_int/"],
    );
    assert.equal(
      rule.http.paths[0].backend.service.name,
      recording.get("point-service").inputs.metadata.name,
    );
    await assertOutputs(recording, component, "point", {
      url: "http://pki.homelab.local",
      address: "192.168.1.241",
    });
    assert.ok((await recording.dependencies(component.url)).includes("point-ingress"));
  });

  it("rolls the proxy out again when its configuration is another one", async () => {
    const other = await withArgs({ vaultCaPem: "another root\n" });
    const nameIn = (run: Recording, name: string) =>
      run.get(`${name}-deployment`).inputs.spec.template.spec.volumes[0].configMap.name;
    assert.equal(nameIn(recording, "point"), recording.get("point-configuration").inputs.metadata.name);
    assert.notEqual(nameIn(other, "other"), nameIn(recording, "point"));
    const same = await withArgs({});
    assert.equal(nameIn(same, "other"), nameIn(recording, "point"));
  });

  it("takes another image, number of pods and ingress class", async () => {
    const other = await withArgs({
      image: "registry.lan/haproxy:3.2",
      replicas: 2,
      ingressClassName: "nginx",
    });
    const { replicas, template } = other.get("other-deployment").inputs.spec;
    assert.equal(replicas, 2);
    assert.equal(template.spec.containers[0].image, "registry.lan/haproxy:3.2");
    assert.equal(other.get("other-ingress").inputs.spec.ingressClassName, "nginx");
  });

  it("tells metrics where they are wanted, by its own script, on a port that neither Service nor Ingress leads to", async () => {
    const other = await withArgs({ metrics: true });
    const container = (run: Recording, name: string) =>
      run.get(`${name}-deployment`).inputs.spec.template.spec.containers[0];
    const { data } = other.get("other-configuration").inputs;
    const [, script] = /^ {4}lua-load (\S+) .* pki pki_int$/m.exec(data["haproxy.cfg"])!;
    const [{ mountPath }] = container(other, "other").volumeMounts;
    assert.equal(data[script!.replace(`${mountPath}/`, "")], crlMetricsScript);
    const { containerPort } = container(other, "other").ports.find(({ name }: any) => name === "metrics");
    assert.ok(data["haproxy.cfg"].includes(`frontend metrics\n    bind *:${containerPort}\n`));
    assert.deepEqual(other.get("other-service").inputs.spec, recording.get("point-service").inputs.spec);
    const { securityContext } = container(recording, "point");
    assert.deepEqual(container(other, "other").securityContext, securityContext);
  });

  it("has no script and no port for metrics where they are not wanted", () => {
    const { data } = recording.get("point-configuration").inputs;
    assert.deepEqual(Object.keys(data).sort(), ["haproxy.cfg", "vault-ca.pem"]);
    const [{ ports }] = recording.get("point-deployment").inputs.spec.template.spec.containers;
    assert.deepEqual(
      ports.map(({ name }: { name: string }) => name),
      ["http", "health"],
    );
  });
});

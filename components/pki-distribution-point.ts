import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { crlMetricsScript } from "./internal/crl-metrics";
import { distributionProxyConfig, proxyLabels, proxyPorts, readyPath } from "./internal/distribution-proxy";
import { ownMetadata } from "./internal/own-metadata";

export interface PkiDistributionPointArgs {
  /** Host that certificates name, for plain http; not the host of another Ingress. */
  host: string;
  /** Namespace to install into, which must be there. */
  namespace: pulumi.Input<string>;
  /** Mount paths of the PKI mounts whose issuers are served. */
  mountPaths: pulumi.Input<pulumi.Input<string>[]>;
  /** `https://host:port` of Vault inside the cluster. */
  vaultAddress: pulumi.Input<string>;
  /** PEM: the CA that Vault's listener certificate is checked against. */
  vaultCaPem: pulumi.Input<string>;
  /**
   * Image of HAProxy 3.0 or newer, with tag or digest; for `metrics`, built with Lua, as the official one is. Default
   * `docker.io/library/haproxy:3.0.11`.
   */
  image?: pulumi.Input<string>;
  /** Number of pods. Default 1. */
  replicas?: pulumi.Input<number>;
  /** Ingress class; empty for the cluster's default class. Default empty. */
  ingressClassName?: string;
  /** Whether the pods tell Prometheus of the age of each CRL, on a port of their own. Default false. */
  metrics?: boolean;
}

const objectName = "pki-distribution-point";
const folder = "/usr/local/etc/haproxy";
const files = { configuration: "haproxy.cfg", ca: "vault-ca.pem", metrics: "crl-metrics.lua" };

/**
 * The place where clients find what certificates refer to: certificates and CRLs of their issuers, and an OCSP
 * responder, by plain http as the standards want it. A small proxy lets exactly these requests through to Vault, by TLS
 * that it verifies, and answers 404 to all others. With `metrics`, its pods read the CRLs themselves and tell Prometheus
 * how old they are, on a port that neither the Service nor the Ingress leads to.
 *
 * @example
 * ```ts
 * const distributionPoint = new PkiDistributionPoint("pki-distribution-point", {
 *   host: "pki.homelab.local",
 *   namespace: server.namespace,
 *   mountPaths: ["pki", "pki_int"],
 *   vaultAddress: server.clusterAddress,
 *   vaultCaPem: authority.chainPem,
 * }, { dependsOn: server });
 * ```
 */
export class PkiDistributionPoint extends pulumi.ComponentResource {
  /** `http://host`; resolves when an ingress controller serves it. */
  public readonly url: pulumi.Output<string>;
  /** IP address, or host name where the load balancer has one, that the Ingress answers at. */
  public readonly address: pulumi.Output<string>;

  constructor(name: string, args: PkiDistributionPointArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cert-manager-vault:index:PkiDistributionPoint", name, args, opts);
    const child = { parent: this };

    const configuration = createConfiguration(name, args, child);
    const deployment = createDeployment(name, configuration.metadata.name, args, child);
    const service = new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata: ownMetadata({ name: objectName, namespace: args.namespace }),
        spec: { selector: proxyLabels, ports: [{ name: "http", port: 80, targetPort: "http" }] },
      },
      { ...child, dependsOn: deployment },
    );
    const ingress = createIngress(name, service.metadata.name, args, {
      ...child,
      customTimeouts: { create: "5m" },
    });

    this.url = ingress.id.apply(() => `http://${args.host}`);
    this.address = ingress.status.apply(({ loadBalancer }) => {
      const point = loadBalancer.ingress[0];
      return point?.ip ?? point?.hostname ?? "";
    });
    this.registerOutputs({ url: this.url, address: this.address });
  }
}

/** Named after its content, so that another content is another rollout. */
function createConfiguration(
  name: string,
  args: PkiDistributionPointArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.ConfigMap {
  const data = pulumi
    .all([args.mountPaths, args.vaultAddress, args.vaultCaPem])
    .apply(([mountPaths, vaultAddress, vaultCaPem]) => ({
      [files.configuration]: distributionProxyConfig({
        mountPaths,
        vaultAddress,
        caFile: `${folder}/${files.ca}`,
        ...(args.metrics ? { metricsScript: `${folder}/${files.metrics}` } : {}),
      }),
      [files.ca]: vaultCaPem,
      ...(args.metrics ? { [files.metrics]: crlMetricsScript } : {}),
    }));
  const hash = data.apply((content) =>
    createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 10),
  );
  return new k8s.core.v1.ConfigMap(
    `${name}-configuration`,
    {
      metadata: ownMetadata({
        name: pulumi.interpolate`${objectName}-${hash}`,
        namespace: args.namespace,
      }),
      data,
    },
    opts,
  );
}

function createDeployment(
  name: string,
  configMapName: pulumi.Output<string>,
  args: PkiDistributionPointArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.apps.v1.Deployment {
  return new k8s.apps.v1.Deployment(
    `${name}-deployment`,
    {
      metadata: ownMetadata({ name: objectName, namespace: args.namespace }),
      spec: {
        replicas: args.replicas ?? 1,
        selector: { matchLabels: proxyLabels },
        strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0 } },
        template: {
          metadata: { labels: proxyLabels },
          spec: {
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            securityContext: {
              runAsNonRoot: true,
              // The number of the official image's own user.
              runAsUser: 99,
              runAsGroup: 99,
              seccompProfile: { type: "RuntimeDefault" },
            },
            containers: [proxyContainer(args)],
            volumes: [{ name: "configuration", configMap: { name: configMapName } }],
          },
        },
      },
    },
    opts,
  );
}

function proxyContainer({
  image = "docker.io/library/haproxy:3.0.11",
  metrics,
}: PkiDistributionPointArgs): k8s.types.input.core.v1.Container {
  return {
    name: "haproxy",
    image,
    command: ["haproxy", "-db", "-f", `${folder}/${files.configuration}`],
    ports: [
      { name: "http", containerPort: proxyPorts.http },
      { name: "health", containerPort: proxyPorts.health },
      ...(metrics ? [{ name: "metrics", containerPort: proxyPorts.metrics }] : []),
    ],
    readinessProbe: { httpGet: { path: readyPath, port: "health" }, periodSeconds: 2 },
    livenessProbe: { httpGet: { path: readyPath, port: "health" }, periodSeconds: 10, failureThreshold: 6 },
    volumeMounts: [{ name: "configuration", mountPath: folder, readOnly: true }],
    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
  };
}

/** Without TLS: whoever checks a certificate cannot be asked to check another one for it first. */
function createIngress(
  name: string,
  serviceName: pulumi.Output<string>,
  args: PkiDistributionPointArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.networking.v1.Ingress {
  const paths = pulumi.output(args.mountPaths).apply((mountPaths) =>
    mountPaths.map((mountPath) => ({
      path: `/v1/${mountPath}/`,
      pathType: "Prefix",
      backend: { service: { name: serviceName, port: { name: "http" } } },
    })),
  );
  return new k8s.networking.v1.Ingress(
    `${name}-ingress`,
    {
      metadata: ownMetadata({ name: objectName, namespace: args.namespace }),
      spec: {
        ...(args.ingressClassName ? { ingressClassName: args.ingressClassName } : {}),
        rules: [{ host: args.host, http: { paths } }],
      },
    },
    opts,
  );
}

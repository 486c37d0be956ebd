import { crlMetricsService } from "./crl-metrics";

/** What of Vault a PkiDistributionPoint lets through, and where Vault is. */
export interface DistributionProxy {
  /** Mount paths of the PKI mounts, of letters, digits, slashes, `_`, `-` and `.`. */
  mountPaths: string[];
  /** `https://host:port` of Vault inside the cluster. */
  vaultAddress: string;
  /** File with the CA that Vault's certificate is checked against. */
  caFile: string;
  /** File with the script that makes metrics of the CRLs; without it, there are none. */
  metricsScript?: string;
}

/** Ports of the proxy's pod by their names: one for clients, one for the kubelet alone, one for Prometheus. */
export const proxyPorts = { http: 8080, health: 8081, metrics: 8082 };

/** By these, its pods are found. */
export const proxyLabels = { "app.kubernetes.io/name": "pki-distribution-point" };

/** Path on the port `metrics`. */
export const metricsPath = "/metrics";

/** Where the metrics' script reaches Vault, from within the pod only. */
const readerAddress = "127.0.0.1:8083";

/** Path on the port `health` that answers while the proxy serves. */
export const readyPath = "/ready";

/** Vault reads no longer request of OCSP. */
const mostBytes = 2048;

const uuid = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const base64 = "([A-Za-z0-9+=/]|%2[BbFf]|%3[Dd])+";

/**
 * HAProxy's configuration: plain http in front, verified TLS to Vault behind, and between them a list of what may pass.
 *
 * Whole request targets are compared as they came, without decoding or cleaning, so that there is no second way to write
 * an allowed one and none that continues elsewhere.
 */
export function distributionProxyConfig(proxy: DistributionProxy): string {
  const { mountPaths, vaultAddress, caFile } = proxy;
  const { hostname, port } = new URL(vaultAddress);
  const mount = `^/v1/(${mountPaths.map(escaped).join("|")})`;
  const metrics = metricsConfig(proxy, mount);
  return `global
    log stdout format raw local0
    maxconn 200
    nbthread 1
    hard-stop-after 20s
${metrics.global}
defaults
    mode http
    log global
    option httplog
    option http-buffer-request
    timeout connect 5s
    timeout client 15s
    timeout server 15s
    timeout http-request 5s
    timeout http-keep-alive 15s

frontend distribution-point
    bind *:${proxyPorts.http}
    # The predefined METH_GET is also HEAD, which Vault does not answer here.
    acl get method GET
    acl post method POST
    acl certificate-or-crl pathq -m reg '${mount}/issuer/${uuid}/(der|crl/der|crl/delta/der)$'
    acl ocsp pathq -m reg '${mount}/ocsp$'
    acl ocsp-in-path pathq -m reg '${mount}/ocsp/${base64}$'
    # Vault would redirect to a path with one slash, which is another request; a client asks again by POST instead.
    acl doubled-slash pathq -m reg '(/|%2[Ff]){2}'
    http-request deny deny_status 404 unless get certificate-or-crl or get ocsp-in-path !doubled-slash or post ocsp
    http-request deny deny_status 413 if { req.body_size gt ${mostBytes} }
    # Nobody is anybody in particular here.
    http-request del-header Authorization
    http-request del-header X-Vault- -m beg
    http-response del-header X-Vault- -m beg
    # Nothing that a host with plain http may say.
    http-response del-header Strict-Transport-Security
    default_backend vault

backend vault
    server vault ${hostname}:${port || 443} ssl verify required ca-file ${caFile} sni str(${hostname}) verifyhost ${hostname}

frontend health
    bind *:${proxyPorts.health}
    option dontlog-normal
    monitor-uri ${readyPath}
    http-request deny deny_status 404
${metrics.frontends}`;
}

/** The parts of the configuration that make metrics: the script, its port, and its own way to Vault with its own list. */
function metricsConfig(
  { mountPaths, metricsScript }: DistributionProxy,
  mount: string,
): { global: string; frontends: string } {
  if (metricsScript === undefined) {
    return { global: "", frontends: "" };
  }
  return {
    global: `    # Of the client that the script asks by: it knows an address, and Prometheus does not wait for long.
    httpclient.resolvers.disabled on
    httpclient.retries 1
    lua-load ${metricsScript} http://${readerAddress} ${mountPaths.join(" ")}
`,
    frontends: `
frontend metrics
    bind *:${proxyPorts.metrics}
    option dontlog-normal
    http-request use-service lua.${crlMetricsService} if { method GET } { path ${metricsPath} }
    http-request deny deny_status 404

frontend crl-reader
    bind ${readerAddress}
    option dontlog-normal
    acl get method GET
    acl issuers pathq -m reg '${mount}/issuers\\?list=true$'
    acl crl pathq -m reg '${mount}/issuer/${uuid}/crl/(delta/)?der$'
    http-request deny deny_status 404 unless get issuers or get crl
    default_backend vault
`,
  };
}

/** A mount path as a part of a regular expression. */
function escaped(mountPath: string): string {
  return mountPath.replaceAll(".", "\\.");
}

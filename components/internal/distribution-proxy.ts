/** What of Vault a PkiDistributionPoint lets through, and where Vault is. */
export interface DistributionProxy {
  /** Mount paths of the PKI mounts. */
  mountPaths: string[];
  /** `https://host:port` of Vault inside the cluster. */
  vaultAddress: string;
  /** File with the CA that Vault's certificate is checked against. */
  caFile: string;
}

/** Ports of the proxy's pod: one for clients, one for the kubelet alone. */
export const proxyPorts = { http: 8080, health: 8081 };

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
export function distributionProxyConfig({ mountPaths, vaultAddress, caFile }: DistributionProxy): string {
  const { hostname, port } = new URL(vaultAddress);
  const mount = `^/v1/(${mountPaths.map(escaped).join("|")})`;
  return `global
    log stdout format raw local0
    maxconn 200
    nbthread 1
    hard-stop-after 20s

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
    server vault ${hostname}:${port} ssl verify required ca-file ${caFile} sni str(${hostname}) verifyhost ${hostname}

frontend health
    bind *:${proxyPorts.health}
    option dontlog-normal
    monitor-uri ${readyPath}
    http-request deny deny_status 404
`;
}

/** A mount path as a part of a regular expression: its characters are letters, digits, slashes, `_`, `-` and `.`. */
function escaped(mountPath: string): string {
  return mountPath.replaceAll(".", "\\.");
}

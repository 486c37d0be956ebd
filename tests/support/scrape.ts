import assert from "node:assert/strict";
import { readExposition, type Samples } from "./exposition";
import { inLab, kubectl } from "./lab";

/** What the pods of a PodMonitor answer, asked as the Prometheus Operator would have them asked. */
export async function scrape(namespace: string, monitor: string): Promise<Samples[]> {
  const { spec } = await kubectl("-n", namespace, "get", "podmonitor", monitor);
  const [endpoint] = spec.podMetricsEndpoints;
  const selector = Object.entries(spec.selector.matchLabels as Record<string, string>);
  const labels = selector.map(([name, value]) => `${name}=${value}`).join(",");
  const { items } = await kubectl("-n", namespace, "get", "pods", "-l", labels);
  // One that is about to go may be of a rollout before, and without the port.
  const pods = items.filter(({ metadata }: any) => metadata.deletionTimestamp === undefined);
  assert.ok(pods.length > 0, `${monitor} selects pods`);
  return Promise.all(
    pods.map(async (pod: any) => {
      const text = await ask(namespace, pod, endpoint);
      return readExposition(text, { namespace, pod: pod.metadata.name }, endpoint.honorLabels);
    }),
  );
}

async function ask(namespace: string, pod: any, endpoint: any): Promise<string> {
  const ports = pod.spec.containers.flatMap((container: any) => container.ports ?? []);
  const port = ports.find(({ name }: any) => name === endpoint.port)?.containerPort;
  assert.ok(port, `${pod.metadata.name} has a port ${endpoint.port}`);
  const host = endpoint.tlsConfig?.serverName ?? pod.status.podIP;
  const query = Object.entries(endpoint.params ?? {}).map(([name, [value]]: any) => `${name}=${value}`);
  const url = `${endpoint.scheme ?? "http"}://${host}:${port}${endpoint.path ?? "/metrics"}?${query.join("&")}`;
  // The CA's file is the standard input, which is empty where there is no TLS; curl takes a pipe for a file, no socket.
  const curl = 'cat | curl -fsS --cacert /dev/stdin --capath /dev/null "$@"';
  return inLab(["sh", "-c", curl, "curl", "--resolve", `${host}:${port}:${pod.status.podIP}`, url], {
    input: await authority(namespace, endpoint),
  });
}

async function authority(namespace: string, { tlsConfig }: any): Promise<string> {
  if (!tlsConfig) {
    return "";
  }
  const { name, key } = tlsConfig.ca.secret;
  const { data } = await kubectl("-n", namespace, "get", "secret", name);
  return Buffer.from(data[key], "base64").toString();
}

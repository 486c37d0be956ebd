import * as pulumi from "@pulumi/pulumi";
import { raftConfig, type ListenerFiles } from "./hcl";
import { joinOrderScript } from "./join-order";

export interface RaftSettings {
  files: ListenerFiles;
  namespace: string;
  /** Whether each node must run on a Kubernetes node of its own. */
  antiAffinity: boolean;
  image: { repository: pulumi.Input<string>; tag: pulumi.Input<string> };
  /** Mount of the CA by which nodes check each other. */
  caMount: object;
  /** Whether the nodes tell their metrics. */
  metrics: boolean;
}

/** Name of the StatefulSet that the chart makes of a release `vault`. */
export const statefulSetName = "vault";

/** Of the chart: its headless Service and the path of its data volume. */
const domain = "vault-internal";
const dataFolder = "/vault/data";

/** The part of the official chart's `server` values that makes a Vault of several nodes with integrated storage. */
export function raftValues(replicas: number, settings: RaftSettings): Record<string, unknown> {
  const pods = Array.from({ length: replicas }, (_, ordinal) => `${statefulSetName}-${ordinal}`);
  const nodes = {
    hosts: pods.map((pod) => `${pod}.${domain}`),
    tlsServerName: `${statefulSetName}.${settings.namespace}.svc`,
  };
  return {
    standalone: { enabled: false },
    ha: {
      enabled: true,
      replicas,
      raft: { enabled: true, setNodeId: true, config: raftConfig(settings.files, nodes, settings.metrics) },
      // Of one node the chart would let none be disrupted, and the machine below it could never be drained.
      disruptionBudget: { enabled: replicas > 1 },
    },
    extraInitContainers: [joinOrderContainer(pods, settings)],
    // The chart's own default is one node a machine.
    ...(settings.antiAffinity ? {} : { affinity: "" }),
  };
}

function joinOrderContainer(pods: string[], { files, image, caMount }: RaftSettings): object {
  return {
    name: "join-order",
    image: pulumi.interpolate`${image.repository}:${image.tag}`,
    command: ["/bin/sh", "-c", joinOrderScript({ pods, domain, dataFolder })],
    env: [
      { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "VAULT_CACERT", value: files.clientCa },
      { name: "VAULT_CLIENT_TIMEOUT", value: "5s" },
      { name: "VAULT_MAX_RETRIES", value: "0" },
      { name: "HOME", value: "/nonexistent" },
    ],
    volumeMounts: [caMount, { name: "data", mountPath: dataFolder, readOnly: true }],
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
  };
}

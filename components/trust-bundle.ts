import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { labelsOf } from "./internal/label-pairs";
import { ownMetadata } from "./internal/own-metadata";

export interface TrustBundleArgs {
  /** Name of the Bundle, and of the ConfigMap in every namespace that gets one. */
  bundleName: string;
  /** PEM: the roots to trust, each once or several in one text; during a rotation the former one as well. */
  rootsPem: pulumi.Input<pulumi.Input<string>[]>;
  /** Labels, as `NAME=VALUE`, that a namespace must have to get the ConfigMap. Default none; then every namespace gets it. */
  namespaceLabels?: string[];
}

/**
 * The roots to trust as key `ca.crt` of a ConfigMap in namespaces, by a Bundle of trust-manager, which has to be there.
 * Namespaces that come later, or get the labels later, get it too; where the labels go, it goes, and with the Bundle
 * all of them. An application mounts the ConfigMap, and reads the file anew when it has changed.
 *
 * @example
 * ```ts
 * new TrustBundle(
 *   "trust-bundle",
 *   {
 *     bundleName: "homelab-roots",
 *     rootsPem: [authority.rootCertificatePem],
 *     namespaceLabels: ["trust=homelab"],
 *   },
 *   { dependsOn: trustManager },
 * );
 * ```
 */
export class TrustBundle extends pulumi.ComponentResource {
  /** Name of the Bundle and its ConfigMaps, known when they are written. */
  public readonly bundleName: pulumi.Output<string>;

  constructor(name: string, args: TrustBundleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cert-manager-vault:index:TrustBundle", name, args, opts);

    const bundle = new k8s.apiextensions.CustomResource(
      `${name}-bundle`,
      {
        apiVersion: "trust.cert-manager.io/v1alpha1",
        kind: "Bundle",
        metadata: ownMetadata({
          name: args.bundleName,
          annotations: { "pulumi.com/waitFor": "condition=Synced" },
        }),
        spec: {
          sources: pulumi.output(args.rootsPem).apply((roots) => roots.map((inLine) => ({ inLine }))),
          target: {
            configMap: { key: "ca.crt" },
            namespaceSelector: { matchLabels: labelsOf(args.namespaceLabels ?? []) },
          },
        },
      },
      { parent: this, customTimeouts: { create: "3m", update: "3m" } },
    );

    this.bundleName = bundle.metadata.name;
    this.registerOutputs({ bundleName: this.bundleName });
  }
}

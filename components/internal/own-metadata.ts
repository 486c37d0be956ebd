import type * as pulumi from "@pulumi/pulumi";

/** The part of an object's metadata that this program sets. */
export interface Metadata {
  name: pulumi.Input<string>;
  /** None for what is cluster-wide. */
  namespace?: pulumi.Input<string>;
  annotations?: Record<string, pulumi.Input<string>>;
}

/**
 * Metadata of an object that nobody else has a say in: a field that another hand has written is taken back by the next
 * run, where Kubernetes' server-side apply would report a conflict. The annotation is the Pulumi provider's:
 * https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/
 */
export function ownMetadata(metadata: Metadata): Metadata {
  return { ...metadata, annotations: { "pulumi.com/patchForce": "true", ...metadata.annotations } };
}

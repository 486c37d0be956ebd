import type * as pulumi from "@pulumi/pulumi";

/** The part of an object's metadata that this program sets. */
export interface Metadata {
  name: pulumi.Input<string>;
  /** None for what is cluster-wide. */
  namespace?: pulumi.Input<string>;
  annotations?: Record<string, pulumi.Input<string>>;
}

// https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/
const annotations = {
  // A field that another hand has written is taken back, where server-side apply would report a conflict.
  "pulumi.com/patchForce": "true",
  // Deleted in the foreground, as is usual, an Ingress or a Certificate could not go while cert-manager's webhook is
  // down: the garbage collector would have to change a Certificate, to take its finalizer away.
  "pulumi.com/deletionPropagationPolicy": "background",
};

/** Annotation of an object of cert-manager that is done when cert-manager says so. */
export const waitUntilReady = { "pulumi.com/waitFor": "condition=Ready" };

/** Metadata of an object that nobody else has a say in. */
export function ownMetadata(metadata: Metadata): Metadata {
  return { ...metadata, annotations: { ...annotations, ...metadata.annotations } };
}

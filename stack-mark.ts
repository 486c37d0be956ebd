import type { V1Namespace } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";

/** Annotation of what the program makes where somebody else could have it already. Its value is the stack's full name. */
export const stackAnnotation = "cert-manager-vault/stack";

interface Metadata {
  annotations?: Record<string, string>;
}

/** The full name of this stack: organization, project, stack. */
export function stackIdentity(): string {
  return [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
}

const markedTypes = [
  "kubernetes:core/v1:Namespace",
  "kubernetes:core/v1:ServiceAccount",
  "kubernetes:core/v1:Secret",
  "kubernetes:cert-manager.io/v1:ClusterIssuer",
];

/** Marks what the program makes as this stack's; to be called before any of it is made. */
export function markAsOwn(): void {
  const stack = stackIdentity();
  pulumi.runtime.registerResourceTransform(({ type, props, opts }) =>
    markedTypes.includes(type)
      ? {
          props: {
            ...props,
            metadata: pulumi.output(props.metadata as Metadata).apply((given) => marked(given, stack)),
          },
          opts,
        }
      : undefined,
  );
}

/** The mark as a text, for what Vault has no annotations for. */
export function vaultMark(stack: string): string {
  return `${stackAnnotation}: ${stack}`;
}

/** A mount's or auth method's description with the mark of a stack at its end, in place of another stack's. */
export function markedDescription(description: string | undefined, stack: string): string {
  const given = description?.replace(new RegExp(` ?\\(${stackAnnotation}: [^()]*\\)$`), "");
  return [given, descriptionMark(stack)].filter(Boolean).join(" ");
}

export function isMarkedDescription(description: string, stack: string): boolean {
  return description.endsWith(descriptionMark(stack));
}

function descriptionMark(stack: string): string {
  return `(${vaultMark(stack)})`;
}

/** The line that a policy of a stack's has at its top. */
export function policyMark(stack: string): string {
  return `# ${vaultMark(stack)}`;
}

/** Metadata with the mark of a stack. */
export function marked<T extends Metadata>(metadata: T, stack: string): T {
  return { ...metadata, annotations: { ...metadata.annotations, [stackAnnotation]: stack } };
}

/**
 * What is wrong with a namespace that is there and that the stack is going to make; undefined when it is the stack's
 * own. Without this the provider would take it over without a word, since server-side apply makes or changes:
 * https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/
 */
export function foreignNamespaceFault({ metadata }: V1Namespace, stack: string): string | undefined {
  const owner = metadata?.annotations?.[stackAnnotation];
  if (owner === stack) {
    return undefined;
  }
  const whose = owner ? `is marked as the stack ${owner}'s` : "is not marked as this stack's";
  return (
    `the namespace ${metadata?.name} is there and ${whose}, and pulumi destroy would delete it with all that is in it: ` +
    `choose another name, or delete it, or, if everything in it may go with this stack, run ` +
    `"kubectl annotate namespace ${metadata?.name} --overwrite ${stackAnnotation}=${stack}"`
  );
}

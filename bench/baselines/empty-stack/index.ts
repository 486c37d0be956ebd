import * as pulumi from "@pulumi/pulumi";

/** An output that never changes: a program that does something, and makes nothing. */
export const name = pulumi.getStack();

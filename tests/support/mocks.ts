import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type {
  RegisterResourceOutputsRequest,
  RegisterResourceRequest,
} from "@pulumi/pulumi/proto/resource_pb";
import { providerAnswers } from "./provider-answers";

export const project = "cert-manager-vault";
export const stack = "unit";

/** What the engine is told about one resource. Other resources are given by name. */
export interface RecordedResource {
  type: string;
  /** Of a provider, followed by "provider": a program may call it like something that is not. */
  name: string;
  /** Made by a provider; false for a component. */
  custom: boolean;
  /** As the engine gets them, secrets marked: look at them through `value` and `isSecret`. */
  inputs: Record<string, any>;
  /** What a component has registered, secrets marked; undefined when it has registered nothing. */
  outputs?: Record<string, any>;
  parent?: string;
  /** The option's resources and those of all inputs, which to the engine are the same. */
  dependsOn: string[];
  /** Name of the explicit provider; undefined for the default one. */
  provider?: string;
  deletedWith?: string;
  replaceWith: string[];
  replaceOnChanges: string[];
  ignoreChanges: string[];
  /** Other names that the resource may have in the state, as the program gives them. */
  aliases: RecordedAlias[];
  /** Another value replaces the resource; undefined without. */
  replacementTrigger: unknown;
  retainOnDelete: boolean;
  additionalSecretOutputs: string[];
  timeouts: { create: string; update: string };
}

/** What an alias says is different; empty where it says nothing. */
export interface RecordedAlias {
  urn: string;
  name: string;
  type: string;
  parentUrn: string;
  noParent: boolean;
}

type Callback<Answer> = (fault: unknown, answer?: Answer) => void;

interface MonitorClient {
  registerResource(request: RegisterResourceRequest, callback: Callback<{ getUrn(): string }>): void;
  registerResourceOutputs(request: RegisterResourceOutputsRequest, callback: Callback<unknown>): void;
  registerResourceHook?(request: unknown, callback: Callback<unknown>): void;
}

// The SDK keeps the second one out of its types, but offers no other way to wait for children that nobody refers to.
const { getMonitor, waitForRPCs } = pulumi.runtime as unknown as {
  getMonitor: () => MonitorClient;
  waitForRPCs: () => Promise<void>;
};

/**
 * All that is registered from here on, by mocks that answer as the providers would. Reads the requests themselves:
 * mocks are not told of parents, options and registered outputs.
 */
export class Recording {
  private readonly resources: RecordedResource[] = [];
  private readonly byUrn = new Map<string, RecordedResource>();
  private readonly faults: string[] = [];

  private constructor() {}

  /** @param preview Whether nothing is made, so that what providers answer stays unknown. */
  static async start(preview = false, answers = providerAnswers): Promise<Recording> {
    const recording = new Recording();
    await pulumi.runtime.setMocks(
      {
        call: ({ token }) => assert.fail(`nothing here calls functions, but ${token} was called`),
        newResource: ({ name, type, custom }) => {
          const recorded = recording.get(labelOf(type, name));
          const id = custom && !preview ? `${name}-id` : undefined;
          const added = preview ? {} : (answers[type]?.(value(recorded.inputs)) ?? {});
          return { id, state: custom ? stateOf(recorded, added) : {} };
        },
      },
      project,
      stack,
      preview,
      "organization",
    );
    recording.listen(getMonitor());
    return recording;
  }

  /** Waits until every resource is registered, also those that no output depends on. */
  async finish(): Promise<this> {
    await waitForRPCs();
    assert.deepEqual(this.faults, []);
    return this;
  }

  get all(): RecordedResource[] {
    return this.resources.filter(({ type }) => type !== probeType);
  }

  /** The resource of this name; fails when there is none. */
  get(name: string): RecordedResource {
    const found = this.resources.find((recorded) => recorded.name === name);
    return found ?? assert.fail(`there is no ${name}, only ${this.all.map((one) => one.name).join(", ")}`);
  }

  /** Names of the resources that have to be there before whatever uses this output. */
  async dependencies(output: pulumi.Output<unknown>): Promise<string[]> {
    const name = `probe-${this.resources.length}`;
    new Probe(name, output);
    await this.finish();
    return this.get(name).dependsOn;
  }

  private listen(monitor: MonitorClient): void {
    // Mocks know no hooks, and call none.
    monitor.registerResourceHook = (_, callback) => callback(null, {});
    const registerResource = monitor.registerResource.bind(monitor);
    monitor.registerResource = (request, callback) => {
      const recorded = read(request);
      if (this.resources.some(({ name }) => name === recorded.name)) {
        this.faults.push(`${recorded.name} is the name of two resources`);
      }
      this.resources.push(recorded);
      registerResource(request, (fault, answered) => {
        this.byUrn.set(answered?.getUrn() ?? "", recorded);
        callback(fault, answered);
      });
    };
    const registerResourceOutputs = monitor.registerResourceOutputs.bind(monitor);
    monitor.registerResourceOutputs = (request, callback) => {
      const recorded = this.byUrn.get(request.getUrn());
      if (!recorded || recorded.outputs) {
        this.faults.push(`the outputs of ${request.getUrn()} are registered twice, or it is not there`);
      } else {
        recorded.outputs = request.getOutputs()?.toJavaScript() ?? {};
      }
      registerResourceOutputs(request, callback);
    };
  }
}

const probeType = "test:index:Probe";

/** A resource that uses an output. */
class Probe extends pulumi.CustomResource {
  constructor(name: string, output: pulumi.Output<unknown>) {
    super(probeType, name, { output });
  }
}

function read(request: RegisterResourceRequest): RecordedResource {
  const timeouts = request.getCustomtimeouts();
  const provider = request.getProvider();
  return {
    type: request.getType(),
    name: labelOf(request.getType(), request.getName()),
    custom: request.getCustom(),
    inputs: request.getObject()?.toJavaScript() ?? {},
    parent: nameOf(request.getParent()),
    dependsOn: request.getDependenciesList().map((urn) => nameOf(urn)!),
    // A reference to a provider is its URN, of four parts, and its ID.
    provider: provider.split("::")[3],
    deletedWith: nameOf(request.getDeletedwith()),
    replaceWith: request.getReplaceWithList().map((urn) => nameOf(urn)!),
    replaceOnChanges: request.getReplaceonchangesList(),
    ignoreChanges: request.getIgnorechangesList(),
    aliases: request.getAliasesList().map((alias) => ({
      urn: alias.getUrn(),
      name: alias.getSpec()?.getName() ?? "",
      type: alias.getSpec()?.getType() ?? "",
      parentUrn: alias.getSpec()?.getParenturn() ?? "",
      noParent: alias.getSpec()?.getNoparent() ?? false,
    })),
    replacementTrigger: value(request.getReplacementTrigger()?.toJavaScript()),
    retainOnDelete: request.getRetainondelete() ?? false,
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    timeouts: { create: timeouts?.getCreate() ?? "", update: timeouts?.getUpdate() ?? "" },
  };
}

function nameOf(urn: string): string | undefined {
  // urn:pulumi:stack::project::type of the parent$type::name
  const [, , types, name] = urn.split("::");
  return types && name ? labelOf(types.slice(types.lastIndexOf("$") + 1), name) : undefined;
}

function labelOf(type: string, name: string): string {
  return type.startsWith("pulumi:providers:") ? `${name} provider` : name;
}

/** The state as the engine keeps it: inputs, what the provider adds, and secrets where the options say so. */
function stateOf(recorded: RecordedResource, added: Record<string, unknown>): Record<string, unknown> {
  const state: Record<string, unknown> = { ...recorded.inputs, ...added };
  for (const name of recorded.additionalSecretOutputs) {
    if (state[name] !== undefined && !isSecret(state[name])) {
      state[name] = pulumi.secret(state[name]);
    }
  }
  return state;
}

const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** Whether this value, as a whole, is a secret. */
export function isSecret(recorded: unknown): recorded is { value: unknown } {
  return isObject(recorded) && recorded[signatureKey] === secretSignature;
}

/** The value without the marks of secrets. */
export function value(recorded: unknown): any {
  if (isSecret(recorded)) {
    return value(recorded.value);
  }
  if (Array.isArray(recorded)) {
    return recorded.map(value);
  }
  return isObject(recorded)
    ? Object.fromEntries(Object.entries(recorded).map(([key, item]) => [key, value(item)]))
    : recorded;
}

/** Every text in a value that is not in a secret part of it, keys included. */
export function textsInClear(recorded: unknown): string[] {
  if (isSecret(recorded)) {
    return [];
  }
  if (Array.isArray(recorded)) {
    return recorded.flatMap(textsInClear);
  }
  if (isObject(recorded)) {
    return Object.entries(recorded).flatMap(([key, item]) => [key, ...textsInClear(item)]);
  }
  return typeof recorded === "string" ? [recorded] : [];
}

function isObject(recorded: unknown): recorded is Record<string, unknown> {
  return typeof recorded === "object" && recorded !== null;
}

/** What an output resolves to. A rejected one rejects, where an assertion inside `apply` would only time out. */
export async function resolved<T>(output: pulumi.Output<T>): Promise<T> {
  return (output as pulumi.Output<T> & { promise(): Promise<T> }).promise();
}

/**
 * What fails without anybody looking while the action runs: how a program's resources and outputs fail, and what
 * Pulumi reports when it ends.
 */
export async function unhandledRejections(action: () => Promise<void>): Promise<Error[]> {
  const event = "unhandledRejection";
  const listeners = process.listeners(event);
  const rejections: Error[] = [];
  const collect = (reason: unknown) => void rejections.push(reason as Error);
  process.removeAllListeners(event);
  process.on(event, collect);
  try {
    await action();
    // Node.js tells of them when the queue of promises is empty.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off(event, collect);
    listeners.forEach((listener) => process.on(event, listener));
  }
  return rejections;
}

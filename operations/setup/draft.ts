import { checkCluster } from "../../settings/cluster";
import { neededIngressClass } from "../../settings/demo";
import { pgpKeyFaults } from "../../settings/key-rules";
import { wantedVolumes } from "../../settings/storage-class";
import { forwardNeeds } from "../../settings/vault-endpoint";
import type { KubeConfigSource } from "../../components/internal/kubeconfig";
import type { ConfigEntry, StackConfig } from "../pulumi-cli";
import { project, readSettingsOf } from "../stack-settings";
import type { OwnersCa } from "./owners-ca";
import type { PresentStack } from "./present-stack";
import type { Answers } from "./questions";

/** The settings of a stack as they are going to be, checked as the program checks them. */
export class Draft {
  readonly answers: Answers = {};
  ca?: OwnersCa;
  context?: string;

  constructor(readonly present: PresentStack) {}

  /** Whether the stack has settings of its own, which count more than what is offered. */
  get isNew(): boolean {
    return !this.present.own.some((key) => key.startsWith(`${project}:`));
  }

  /** What a setting is now, as Pulumi keeps it. */
  value(setting: string): string | undefined {
    return this.answers[setting] ?? this.present.config[`${project}:${setting}`]?.value;
  }

  /** All settings but the secret ones, by name. */
  values(): Answers {
    const present = Object.entries(this.present.config).flatMap(([key, { value, secret }]) =>
      value === undefined || secret ? [] : [[key.replace(`${project}:`, ""), value]],
    );
    return { ...(Object.fromEntries(present) as Answers), ...this.answers };
  }

  /** What is wrong with the settings by the program's own rules, each beginning with the setting's name. */
  faults(change: Answers = {}): string[] {
    return readSettingsOf(this.config(change)).faults;
  }

  /** The same with what takes a look at keys and at the cluster. */
  async allFaults(source: KubeConfigSource): Promise<string[]> {
    const { readable, faults } = readSettingsOf(this.config());
    return [
      ...faults,
      ...(await pgpKeyFaults(readable)),
      ...(await checkCluster(source, {
        storageClass: readable.vaultStorageClass,
        volumes: wantedVolumes(readable),
        ingressClass: neededIngressClass(readable),
        ...forwardNeeds(readable),
      })),
    ];
  }

  /** What a run may tell about these settings although nothing is wrong. */
  notes(): string[] {
    return readSettingsOf(this.config()).notes;
  }

  /** What is to be written: what differs from what the stack has, and answers that are on nobody's list of defaults. */
  changes(asked: string[]): { plain: Record<string, string>; secret: Record<string, string> } {
    const plain = Object.entries(this.answers).filter(([setting, value]) => {
      const key = `${project}:${setting}`;
      const differs = this.present.config[key]?.value !== value;
      return differs || (asked.includes(setting) && !this.present.own.includes(key));
    });
    return {
      plain: {
        ...Object.fromEntries(plain.map(([setting, value]) => [`${project}:${setting}`, value])),
        ...(this.context ? { "kubernetes:context": this.context } : {}),
      },
      secret: this.secrets(),
    };
  }

  /** Of a CA that is given; its passphrase, or its absence, takes the place of another one's. */
  private secrets(): Record<string, string> {
    return this.ca
      ? {
          [`${project}:caBundle`]: this.ca.bundle,
          [`${project}:caPassphrase`]: this.ca.passphrase ?? "",
        }
      : {};
  }

  private config(change: Answers = {}): StackConfig {
    const entries = (values: Record<string, string>, secret: boolean): [string, ConfigEntry][] =>
      Object.entries(values).map(([key, value]) => [key, { value, secret }]);
    const plain = Object.entries({ ...this.answers, ...change });
    return {
      ...this.present.config,
      ...Object.fromEntries(
        entries(Object.fromEntries(plain.map(([setting, value]) => [`${project}:${setting}`, value])), false),
      ),
      ...Object.fromEntries(entries(this.secrets(), true)),
    };
  }
}

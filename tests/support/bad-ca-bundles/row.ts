import type { Authority } from "../openssl-ca";

/** A caBundle that must be refused. */
export interface BadBundle {
  pem: string;
  passphrase?: string;
  /** Certificates that the fault has to name, by subject and serial. */
  about?: Authority[];
  /** What the fault says from the setting's name on, what to do included. */
  says: RegExp;
}

/** What is wrong, and the bundle, made when its test runs. */
export type BadBundleRow = [what: string, make: () => BadBundle];

import { ApiException } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { watchedAuthority, type CaCertificates } from "./components/internal/ca-certificates";
import { expiryWarning, type WatchedCertificate } from "./components/internal/expiry";
import { requireKubeConfig, type KubeConfigSource } from "./components/internal/kubeconfig";
import { issuedCertificates, listenerCertificate } from "./issued-certificates";
import type { PlainSettings } from "./settings/table";

/**
 * Warns of every certificate of the chain whose end is near: of the CAs as soon as they are known, which in a preview
 * are those of the state; of the listener's as the run finds it; of issued ones as a preview finds them, or as a run has
 * left them.
 *
 * @param vaultAddress `https://host:port` at which this program reaches Vault.
 * @param furtherIssuing Certificates of the issuing CAs beside the first one.
 * @param issued Resolves when the run has proved the last certificate that it wants issued.
 * @returns what has to resolve before the program ends.
 */
export function warnOfExpiry(
  source: KubeConfigSource,
  settings: PlainSettings,
  vaultAddress: pulumi.Output<string>,
  { root, parent, issuing }: CaCertificates<pulumi.Output<string>>,
  furtherIssuing: pulumi.Output<string>[],
  issued: pulumi.Output<unknown>,
  tell: (warning: string) => Promise<void> = pulumi.log.warn,
): pulumi.Output<unknown> {
  const percent = settings.expiryWarningPercent;
  if (percent === 0) {
    return pulumi.output(undefined);
  }
  const warn = async (found: WatchedCertificate[]) => {
    for (const warning of found.flatMap((one) => expiryWarning(one, percent, new Date()) ?? [])) {
      await tell(warning);
    }
  };
  const look = async (find: () => Promise<WatchedCertificate[]>) => {
    try {
      await warn(await find());
    } catch (error) {
      // Its message is the whole answer.
      const reason = error instanceof ApiException ? `HTTP status ${error.code}` : (error as Error).message;
      await tell(`how long certificates have to live could not be seen in the cluster: ${reason}`);
    }
  };
  const config = () => requireKubeConfig(source);
  const listener = vaultAddress.apply((address) =>
    look(async () => [(await listenerCertificate(config(), settings, address)) ?? []].flat()),
  );
  const lookAtIssued = () => look(() => issuedCertificates(config(), settings));
  return pulumi.all([
    root.apply((pem) => warn([watchedAuthority("root", pem)])),
    // Where the root signs the issuing CA itself, it is told of once.
    pulumi
      .all([parent, root])
      .apply(([pem, rootPem]) => warn(pem === rootPem ? [] : [watchedAuthority("parent", pem)])),
    ...[issuing, ...furtherIssuing].map((ca) => ca.apply((pem) => warn([watchedAuthority("issuing", pem)]))),
    listener,
    pulumi.runtime.isDryRun() ? lookAtIssued() : issued.apply(lookAtIssued),
  ]);
}

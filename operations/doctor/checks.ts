import type { Stack } from "../stack";
import {
  canaryIsCurrent,
  certManagerRuns,
  controllerMayAskForTokens,
  issuerIsReady,
  issuerLogsIn,
  webhookAnswers,
} from "./cert-manager-checks";
import type { Check } from "./check";
import { clusterAnswers, rootIsTrustedHere } from "./machine-checks";
import { hostResolves, ingressHasAddress, pageAnswers, pageIsTrusted } from "./page-checks";
import {
  issuerMaySign,
  pulumiTokenIsAccepted,
  vaultAnswers,
  vaultIsInitialised,
  vaultIsTrusted,
  vaultIsUnsealed,
} from "./vault-checks";

const issuance = [
  clusterAnswers,
  vaultAnswers,
  vaultIsTrusted,
  vaultIsInitialised,
  vaultIsUnsealed,
  pulumiTokenIsAccepted,
  certManagerRuns,
  webhookAnswers,
  controllerMayAskForTokens,
  issuerLogsIn,
  issuerMaySign,
  issuerIsReady,
  canaryIsCurrent,
];
const page = [ingressHasAddress, hostResolves, pageIsTrusted, pageAnswers];

/** Every link of the chain, from this machine to the page's certificate and back, in order. */
export function checksOf({ pageUrl }: Pick<Stack, "pageUrl">): Check[] {
  return [...issuance, ...(pageUrl ? page : []), rootIsTrustedHere];
}

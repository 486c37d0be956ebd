import type { ReadableSettings } from "./rules";

/** The settings without those of the page, where there is to be none: whatever they say is no fault then. */
export function withoutUnusedPage(settings: ReadableSettings): ReadableSettings {
  return settings.demo === false
    ? { ...settings, podinfoHost: undefined, podinfoAliases: undefined, podinfoNamespace: undefined }
    : settings;
}

/** Setting `ingressClassName` where anything has an Ingress; undefined elsewhere. */
export function neededIngressClass({
  demo,
  pkiHost,
  ingressClassName,
}: ReadableSettings): string | undefined {
  return demo === false && !pkiHost ? undefined : ingressClassName;
}

import type { ReadableSettings } from "./rules";

/** What is wrong with `pkiHost` beside the other hosts. It need not lie in `domains`: it gets no certificate. */
export function pkiHostFaults({ pkiHost, podinfoHost, podinfoAliases }: ReadableSettings): string[] {
  if (!pkiHost || ![podinfoHost, ...(podinfoAliases ?? [])].includes(pkiHost)) {
    return [];
  }
  const setting = pkiHost === podinfoHost ? "podinfoHost" : "podinfoAliases";
  return [
    `pkiHost: ${pkiHost} is a host of the page already (${setting}), and one host cannot be both: give another name`,
  ];
}

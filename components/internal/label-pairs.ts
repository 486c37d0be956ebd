/** Labels of Kubernetes from their list as `NAME=VALUE`. */
export function labelsOf(pairs: string[]): Record<string, string> {
  return Object.fromEntries(pairs.map((pair) => pair.split("=", 2) as [string, string]));
}

/** Release arguments for a chart repository; none for a chart that is a path, an archive or an OCI reference. */
export function repositoryOptions(repository: string): { repositoryOpts?: { repo: string } } {
  return repository ? { repositoryOpts: { repo: repository } } : {};
}

/** What an API server says of a call that has failed, in its own words and without the headers of its answer. */
export function apiReason(error: unknown): string {
  const { body, message } = error as { body?: unknown; message?: string };
  try {
    return (JSON.parse(String(body)) as { message: string }).message;
  } catch {
    return message ?? String(error);
  }
}

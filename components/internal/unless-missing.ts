import { ApiException } from "@kubernetes/client-node";

/** What the API server answers; undefined where it answers that there is no such thing (404). */
export async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (error instanceof ApiException && error.code === 404) {
      return undefined;
    }
    throw error;
  });
}

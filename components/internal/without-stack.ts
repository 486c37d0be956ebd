/**
 * An error of which Pulumi prints the message alone. It would colour the stack for its trace all the same, and with
 * Pulumi's own paths in it that takes Node.js 22 half a minute: its util.inspect does not end on a scoped package's path
 * without a second slash.
 */
export function withoutStack<E extends Error>(error: E): E {
  error.stack = undefined;
  return error;
}

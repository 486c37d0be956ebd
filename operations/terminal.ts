import { styleText } from "node:util";

export type Style = "green" | "red" | "yellow" | "bold" | "dim";

/** Gives a text a colour, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

export const plain: Paint = (_, text) => text;

/** Colours for a terminal whose owner has not asked to be spared them; https://no-color.org */
export function paintFor(
  output: { isTTY?: boolean },
  environment: { NO_COLOR?: string } = process.env,
): Paint {
  return output.isTTY && !environment.NO_COLOR
    ? (style, text) => styleText(style, text, { validateStream: false })
    : plain;
}

/** Ends a command: its exit status, or what went wrong in one line. */
export function exitWith(name: string, command: Promise<number>): void {
  command.then(
    (status) => (process.exitCode = status),
    (error: Error) => {
      console.error(`${name}: ${error.message}`);
      process.exitCode = 1;
    },
  );
}

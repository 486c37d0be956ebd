import input from "@inquirer/input";
import password from "@inquirer/password";
import select from "@inquirer/select";

/** How a person is asked. */
export interface Prompter {
  /** @param fault What is wrong with an answer; it is asked for again until there is nothing. */
  text(question: {
    message: string;
    offered?: string;
    fault: (answer: string) => string | undefined;
  }): Promise<string>;
  choose(question: {
    message: string;
    choices: { value: string; name: string }[];
    offered?: string;
  }): Promise<string>;
  /** Is not shown while it is typed. */
  secret(message: string): Promise<string>;
  say(text: string): void;
}

export const terminalPrompter: Prompter = {
  text: ({ message, offered, fault }) =>
    input({ message, default: offered, validate: (answer) => fault(answer) ?? true }),
  choose: ({ message, choices, offered }) => select({ message, choices, default: offered }),
  secret: (message) => password({ message }),
  say: (text) => console.log(text),
};

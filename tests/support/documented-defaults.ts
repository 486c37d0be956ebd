import { readdirSync } from "node:fs";
import * as path from "node:path";
import * as ts from "typescript";

const checkout = path.join(__dirname, "../..");

/** An argument of a component that the program fills straight from a setting. */
export interface FilledArgument {
  setting: string;
  component: string;
  argument: string;
  /** What stands after "Default" in the argument's documentation; absent without. */
  documented?: string;
  optional: boolean;
}

/** Reads the program and the components for which argument gets which setting. */
export function filledArguments(): FilledArgument[] {
  const documentation = new Map<string, { documented?: string; optional: boolean }>();
  for (const file of filesIn("components")) {
    forEach(parse(file), ts.isInterfaceDeclaration, (declaration) => {
      for (const member of declaration.members.filter(ts.isPropertySignature)) {
        documentation.set(`${declaration.name.text}.${member.name.getText()}`, {
          documented: defaultIn(member),
          optional: member.questionToken !== undefined,
        });
      }
    });
  }
  const filled: FilledArgument[] = [];
  for (const file of ["index.ts", ...filesIn("program")]) {
    forEach(parse(file), ts.isNewExpression, (created) => {
      const component = created.expression.getText();
      const args = created.arguments?.[1];
      if (!args || !ts.isObjectLiteralExpression(args)) {
        return;
      }
      for (const property of args.properties.filter(ts.isPropertyAssignment)) {
        const setting = /^settings\.([A-Za-z]+)$/.exec(property.initializer.getText())?.[1];
        const argument = property.name.getText();
        const documented = documentation.get(`${component}Args.${argument}`);
        if (setting && documented) {
          filled.push({ setting, component, argument, ...documented });
        }
      }
    });
  }
  return filled;
}

/** "Default `24h`.", "Default 300.", "Default true; false where …" */
function defaultIn(member: ts.PropertySignature): string | undefined {
  const text = ts
    .getJSDocCommentsAndTags(member)
    .map((comment) => comment.getText())
    .join(" ");
  const found = /\bDefault (?:`([^`]*)`|([^.;]*(?:\.[a-z]+)?))[.;]/.exec(
    text.replace(/\s*\n\s*\*?\s*/g, " "),
  );
  return found?.[1] ?? found?.[2];
}

function filesIn(folder: string): string[] {
  return readdirSync(path.join(checkout, folder))
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name}`);
}

function parse(file: string): ts.SourceFile {
  const text = ts.sys.readFile(path.join(checkout, file)) ?? "";
  return ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
}

function forEach<T extends ts.Node>(
  node: ts.Node,
  is: (node: ts.Node) => node is T,
  visit: (found: T) => void,
): void {
  if (is(node)) {
    visit(node);
  }
  ts.forEachChild(node, (child) => forEach(child, is, visit));
}

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import GithubSlugger from "github-slugger";
import MarkdownIt from "markdown-it";

type Token = ReturnType<MarkdownIt["parse"]>[number];

/** The repository. */
export const checkout = path.join(__dirname, "../..");

/** Pages whose marked blocks are run on the lab, in this order. */
export const runnablePages = [
  "README.md",
  "docs/concepts.md",
  "docs/how-to.md",
  "docs/operations.md",
  "docs/troubleshooting.md",
  "docs/moving.md",
];

/** What stands after the three backquotes of a block that is run. */
export const runnableMark = "sh runnable";

/** A fenced block. */
export interface Block {
  /** Language, and marks. */
  info: string;
  /** Of its first backquotes, from 1. */
  line: number;
  content: string;
  /** Content of a `text` block that follows directly: what the commands print, with … for what varies. */
  expected?: string;
}

/** A table: texts of its head, and the code in each row's first cell. */
export interface Table {
  head: string[];
  firstCells: { line: number; code: string[] }[];
}

/** Files of the repository that git has or would have, by git's pathspecs. */
export function repositoryFiles(...pathspecs: string[]): string[] {
  const list = ["ls-files", "--cached", "--others", "--exclude-standard", ...pathspecs];
  return execFileSync("git", list, { cwd: checkout, encoding: "utf8" }).split("\n").filter(Boolean);
}

/** Every Markdown file. */
export function markdownFiles(): string[] {
  return repositoryFiles("*.md");
}

function tokensOf(file: string): Token[] {
  return new MarkdownIt({ html: true }).parse(readFileSync(path.join(checkout, file), "utf8"), {});
}

/** The fenced blocks of a page. */
export function blocksOf(file: string): Block[] {
  const tokens = tokensOf(file);
  return tokens.flatMap(({ type, info, map, content }, index) => {
    const next = tokens[index + 1];
    const expected = next?.type === "fence" && next.info === "text" ? next.content : undefined;
    return type === "fence" ? [{ info: info.trim(), line: map![0] + 1, content, expected }] : [];
  });
}

/** Those of a page that are run. */
export function runnableBlocks(file: string): Block[] {
  return blocksOf(file).filter(({ info }) => info === runnableMark);
}

/** What the headings of a page are called in links, by GitHub's rules. */
export function anchorsOf(file: string): string[] {
  const slugger = new GithubSlugger();
  const tokens = tokensOf(file);
  return tokens.flatMap(({ type }, index) =>
    type === "heading_open" ? [slugger.slug(plainText(tokens[index + 1]!))] : [],
  );
}

function plainText({ children }: Token): string {
  return (children ?? []).map(({ content }) => content).join("");
}

/** Links and pictures of a page that lead into the repository. */
export function relativeLinks(file: string): string[] {
  return tokensOf(file)
    .flatMap(({ children }) => children ?? [])
    .map((token) => token.attrGet("href") ?? token.attrGet("src") ?? "")
    .filter((target) => target !== "" && !/^[a-z]+:/.test(target));
}

/** The tables of a page. */
export function tablesOf(file: string): Table[] {
  const tables: Table[] = [];
  let cell = 0;
  const tokens = tokensOf(file);
  tokens.forEach(({ type, map }, index) => {
    const table = tables.at(-1);
    if (type === "table_open") {
      tables.push({ head: [], firstCells: [] });
    } else if (type === "tr_open") {
      cell = 0;
    } else if (type === "th_open") {
      table!.head.push(plainText(tokens[index + 1]!));
    } else if (type === "td_open") {
      if (cell === 0) {
        const code = tokens[index + 1]!.children!.filter((child) => child.type === "code_inline");
        const line = (map ?? tokens[index - 1]!.map)![0] + 1;
        table!.firstCells.push({ line, code: code.map(({ content }) => content) });
      }
      cell += 1;
    }
  });
  return tables;
}

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import {
  anchorsOf,
  blocksOf,
  checkout,
  markdownFiles,
  relativeLinks,
  repositoryFiles,
  runnableBlocks,
  runnableMark,
  runnablePages,
  tablesOf,
} from "../support/documentation";

/** All of the program's own text, with strings that go over several lines in one piece. */
function programText(): string {
  return repositoryFiles(
    ":(glob)*.ts",
    "program/*.ts",
    "components/*.ts",
    "settings/*.ts",
    "helm/*.ts",
    "operations/*.ts",
  )
    .map((file) => readFileSync(path.join(checkout, file), "utf8"))
    .join("\n")
    .replace(/["'`] \+\s+["'`]/g, "");
}

/** Where a link leads to, as a path in the repository. The package has the pages of reference in `docs`. */
function pageOf(file: string, target: string): string {
  const inPackage = file === "components/README.md" && target.startsWith("docs/");
  return inPackage
    ? path.join("docs/reference", path.basename(target))
    : path.join(path.dirname(file), target);
}

describe("The documentation", () => {
  it("has no link, in any Markdown file, that leads to nothing", () => {
    const links = markdownFiles().flatMap((file) => relativeLinks(file).map((link) => ({ file, link })));
    assert.ok(links.length > 100, `only ${links.length} links were found`);
    const dead = links.filter(({ file, link }) => {
      const [target, anchor] = decodeURI(link).split("#");
      const page = target ? pageOf(file, target) : file;
      const there = existsSync(path.join(checkout, page));
      return !there || (anchor !== undefined && !(page.endsWith(".md") && anchorsOf(page).includes(anchor)));
    });
    assert.deepEqual(dead, []);
  });

  it("marks no block as run that the lab does not run", () => {
    const marked = markdownFiles().flatMap((file) =>
      blocksOf(file)
        .filter(({ info }) => info.includes(" "))
        .map(({ info, line }) => ({ file, line, info })),
    );
    const notRun = marked.filter(({ file, info }) => info !== runnableMark || !runnablePages.includes(file));
    assert.deepEqual(notRun, []);
  });

  for (const page of runnablePages) {
    it(`has blocks to run in ${page}`, () => {
      assert.notEqual(runnableBlocks(page).length, 0);
    });
  }

  it("quotes, among the messages of troubleshooting, only what the program says", () => {
    const quoted = tablesOf("docs/troubleshooting.md")
      .filter(({ head }) => head[0] === "message")
      .flatMap(({ firstCells }) => firstCells);
    assert.ok(quoted.length > 20, `only ${quoted.length} messages were found`);
    const text = programText();
    for (const { line, code } of quoted) {
      const pieces = code.flatMap((message) => message.split("…")).map((piece) => piece.trim());
      assert.ok(pieces.join("").length >= 15, `line ${line}: too little to be found`);
      assert.deepEqual(
        pieces.filter((piece) => !text.includes(piece)),
        [],
        `line ${line}`,
      );
    }
  });
});

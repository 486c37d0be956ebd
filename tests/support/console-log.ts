/** The lines that something writes by console.log, in place of writing them. */
export async function linesLogged(work: Promise<unknown>): Promise<string[]> {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: string) => lines.push(line);
  try {
    await work;
  } finally {
    console.log = log;
  }
  return lines;
}

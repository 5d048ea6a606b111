/** Where lines end that are printed to no terminal. */
export const DEFAULT_COLUMNS = 80;

/** The narrowest that is still worth wrapping to. */
const LEAST_WIDTH = 30;

/** A command in quotes, or up to the number that it is about, is one word: broken over two lines it could not be copied. */
const WORD = /"np[mx] [^"]*"\S*|npx wa-onboard(?: [a-z]+){1,2} [0-9]{5,}(?: --[a-z-]+)*\S*|\S+/g;

/** Break a text between words so that no line is longer than `width`, except by a single long word. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.match(WORD) ?? []) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > Math.max(width, LEAST_WIDTH)) {
      lines.push(word);
    } else {
      lines[lines.length - 1] = `${last} ${word}`;
    }
  }
  return lines;
}

/** Lines that fit stay as they are, with the blanks that align them; the others are wrapped. */
export function wrapLines(lines: string[], width: number): string[] {
  return lines.flatMap((line) => (line.length <= width ? [line] : wrap(line, width)));
}

/**
 * A text that hangs from a mark: its further lines begin below its first.
 *
 * @param mark what stands before the first line; colours may be in it
 * @param markWidth how many columns the mark takes
 */
export function hang(mark: string, markWidth: number, text: string, columns: number): string[] {
  const [first = '', ...rest] = wrap(text, columns - markWidth);
  return [`${mark}${first}`, ...rest.map((line) => `${' '.repeat(markWidth)}${line}`)];
}

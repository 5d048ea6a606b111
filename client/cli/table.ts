/**
 * Rows as aligned columns, a line each. A column that is empty all the way down is left out.
 *
 * @param rows of as many cells as there are titles
 */
export function table(titles: string[], rows: string[][], dim: (text: string) => string): string[] {
  const widths = titles.map((title, column) => {
    const widest = Math.max(0, ...rows.map((row) => (row[column] ?? '').length));
    return widest === 0 ? 0 : Math.max(title.length, widest);
  });
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .filter((_, column) => widths[column] !== 0)
      .join('  ')
      .trimEnd();
  return [dim(line(titles)), ...rows.map(line)];
}

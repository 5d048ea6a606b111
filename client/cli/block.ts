import type { Paint, View } from './view.js';
import { DEFAULT_COLUMNS, wrap } from './wrap.js';

const LABEL_WIDTH = 12;

/** A line, or one to paint: it is wrapped before, as colours have no width. */
export type Line = string | [text: string, paint: Paint];

/** Lines under a label; nothing where there are none. */
export function block(label: string, lines: Line[], view: View): string[] {
  const width = (view.columns ?? DEFAULT_COLUMNS) - LABEL_WIDTH - 3;
  return lines
    .flatMap((line) => {
      const [text, paint] = typeof line === 'string' ? [line, (plain: string) => plain] : line;
      return wrap(text, width).map(paint);
    })
    .map(
      (line, index) =>
        `  ${view.colors.dim((index === 0 ? label : '').padEnd(LABEL_WIDTH))} ${line}`,
    );
}

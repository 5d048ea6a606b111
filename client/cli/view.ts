import type pc from 'picocolors';

export type Colors = ReturnType<typeof pc.createColors>;

/** Colours a text; the text has to be wrapped before, as colours have no width. */
export type Paint = (text: string) => string;

/** How lines for people are to look. The same view and the same data give the same lines. */
export interface View {
  now: Date;
  colors: Colors;
  /** Where lines are to end. @default 80 */
  columns?: number;
  /** Stands for the step that runs, where the view moves. @default '●' */
  runningMark?: string;
}

import type { WriteStream } from 'node:tty';

export type Paint = (text: string) => string;

export interface Style {
  readonly good: Paint;
  readonly bad: Paint;
  readonly warn: Paint;
  readonly dim: Paint;
  readonly strong: Paint;
}

const plain: Paint = (text) => text;
const code =
  (on: number, off: number): Paint =>
  (text) =>
    `\u001b[${on}m${text}\u001b[${off}m`;

export const PLAIN: Style = { good: plain, bad: plain, warn: plain, dim: plain, strong: plain };
export const COLOURED: Style = {
  good: code(32, 39),
  bad: code(31, 39),
  warn: code(33, 39),
  dim: code(2, 22),
  strong: code(1, 22),
};

/** Colours only on a terminal that can and may: NO_COLOR, TERM=dumb and FORCE_COLOR are heeded. */
export function styleFor(stream: Pick<WriteStream, 'isTTY'>, env: NodeJS.ProcessEnv): Style {
  if (env['NO_COLOR']) return PLAIN;
  if (env['FORCE_COLOR'] && env['FORCE_COLOR'] !== '0') return COLOURED;
  return stream.isTTY && env['TERM'] !== 'dumb' ? COLOURED : PLAIN;
}

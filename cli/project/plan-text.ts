import { redactText } from '../../platform/logger/redact.js';
import { quoted } from '../names/quoted.js';
import type { Style } from '../output/style.js';
import { oneLine } from '../output/table.js';
import { type Change, isSecretView } from './diff.js';
import { lineDiff } from './line-diff.js';
import type { Plan, Step, StreamNews } from './plan.js';

const SIGNS = { create: '+', update: '~', replace: '±', delete: '-' } as const;
const LONGEST_VALUE = 100;
/** Streams that simply go on are counted when there are more. */
const FEW_STREAMS = 5;

/** A plan for people. */
export function planText({ project, hash, steps, uncompared, warnings }: Plan, style: Style): string {
  const notes = [...warnings.map((warning) => style.warn(`! ${warning}`)), ...uncomparedNote(uncompared)];
  if (steps.length === 0) return [`Nothing to do: ${project} is as its files say.`, ...notes].join('\n');
  const blocks = steps.map((step) => stepText(step, style));
  return [`Plan of ${project}:`, ...blocks, [summary(steps, style), `Plan ${hash}`, ...notes].join('\n')].join('\n\n');
}

function uncomparedNote(places: readonly string[]): readonly string[] {
  if (places.length === 0) return [];
  const shown = places.join(', ');
  return [`Not compared, because values of secrets are never told: ${shown}. --update-secrets sends them.`];
}

export function summary(steps: readonly Step[], style: Style): string {
  const count = (action: Step['action']): number => steps.filter((step) => step.action === action).length;
  const words = { create: 'to create', update: 'to change', replace: 'to replace', delete: 'to delete' } as const;
  const parts = (Object.keys(words) as Step['action'][]).flatMap((action) =>
    count(action) > 0 ? [`${count(action)} ${words[action]}`] : [],
  );
  const destroys = steps.filter((step) => step.destroys).length;
  if (destroys === 0) return `${parts.join(', ')}.`;
  return `${parts.join(', ')}; ${style.bad(`${destroys} of them ${destroys === 1 ? 'destroys' : 'destroy'} positions or rows (!).`)}`;
}

function stepText(step: Step, style: Style): string {
  const paint = { create: style.good, update: style.warn, replace: style.bad, delete: style.bad }[step.action];
  const mark = step.destroys ? style.bad(' !') : '';
  const id = step.id === undefined ? '' : style.dim(` ${step.id}`);
  const lines = [
    ...originLines(step),
    ...step.changes.flatMap((change) => changeLines(change, step, style)),
    ...step.secrets.filter(({ path }) => !step.changes.some((change) => change.path === path)).map(sentSecret),
    ...(step.action === 'update' ? streamLines(step.streams, step.name) : []),
    ...step.notes.map(oneLine),
  ];
  const head = `${paint(SIGNS[step.action])} ${step.kind} ${style.strong(oneLine(step.name))}${id}${mark}`;
  return [head, ...lines.map((line) => `    ${line}`)].join('\n');
}

function originLines({ adopts, drifted, changes, secrets, id }: Step): readonly string[] {
  const adopted = adopts && id !== undefined && ['is there already and belongs to no project: this one takes it over'];
  const strange = drifted.length > 0 && [`changed outside of these files: ${drifted.join(', ')}`];
  const renewed = changes.length === 0 &&
    secrets.length === 0 &&
    !adopts &&
    id !== undefined && ['only the mark of the last apply is renewed'];
  return [adopted, strange, drifted.length > 0 && renewed].flatMap((lines) => lines || []);
}

function changeLines(change: Change, step: Step, style: Style): readonly string[] {
  const { path, before, after } = change;
  if (typeof before !== 'string' || typeof after !== 'string' || !`${before}${after}`.trimEnd().includes('\n'))
    return [changeText(change, step, style)];
  const lines = lineDiff(before, after).map((line) => `    ${paintLine(oneLine(redactText(line)), style)}`);
  return [`${style.warn('~')} ${oneLine(path)}:`, ...lines];
}

function paintLine(line: string, style: Style): string {
  if (line.startsWith('+')) return style.good(line);
  return line.startsWith('-') ? style.bad(line) : line;
}

function changeText({ path: place, before, after }: Change, { secrets }: Step, style: Style): string {
  const path = oneLine(place);
  const from = secrets.find((secret) => secret.path === place)?.from;
  const [was, is] = [valueText(before), from ?? valueText(after)];
  if (before === undefined) return `${style.good('+')} ${path}: ${is}`;
  if (after === undefined) return `${style.bad('-')} ${path}: ${was}`;
  return `${style.warn('~')} ${path}: ${was} → ${is}`;
}

function sentSecret({ path, from }: Step['secrets'][number]): string {
  return `~ ${path}: ${from} is sent`;
}

/** JSON, so that nothing in it reaches the terminal as it is; a plain word without quotes. */
function valueText(value: unknown): string {
  if (isSecretView(value)) return 'ref' in value ? value.ref : '(secret)';
  const text = redactText(plainText(value));
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1)}…` : text;
}

function plainText(value: unknown): string {
  return typeof value === 'string' && /^[\w./:@${}* -]+$/.test(value) ? value : (JSON.stringify(value) ?? '');
}

function streamLines(streams: readonly StreamNews[], connection: string): readonly string[] {
  const plain = streams.filter((news) => isPlain(news));
  const telling = streams.filter((news) => streams.length <= FEW_STREAMS || !isPlain(news));
  const lines = telling.map((news) => oneLine(`stream ${news.stream} ${newsText(news, connection)}`));
  if (streams.length <= FEW_STREAMS || plain.length === 0) return lines;
  return [...lines, `${plain.length} other streams go on where they are`];
}

function isPlain(news: StreamNews): boolean {
  return news.unread === true || news.effect === 'reads_all' || (news.effect === 'goes_on' && news.refresh === undefined);
}

function newsText(news: StreamNews, connection: string): string {
  const { stream, position } = news;
  if (news.effect === 'is_removed') return 'is not read any more: its target and its position stay';
  if (news.effect === 'is_new' && position !== undefined) return `was read before, and goes on from there: ${position}`;
  if (news.effect === 'is_new') return 'is new: reads from the start';
  if (news.unread) return 'has not been read yet';
  const refresh = `millrace sync ${quoted(connection)} --stream ${quoted(stream)} --refresh`;
  switch (news.effect) {
    case 'goes_on': {
      const on = position === undefined ? 'keeps its position' : `keeps its position: ${position}`;
      return news.refresh === undefined ? on : `${on}; ${news.refresh}: to make them anew, ${refresh}`;
    }
    case 'reads_all':
      return `reads all in every run${news.formerTarget === undefined ? '' : `, into another table; ${news.formerTarget} stays as it is`}`;
    case 'reads_again':
      return `reads from the start, because ${news.why}`;
    case 'is_replaced':
      return `reads from the start and replaces what was loaded, because ${news.why}`;
    case 'stops':
      return `stops, because ${news.why}: ${refresh}`;
  }
}

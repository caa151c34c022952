/**
 * From what people type (a name, an id, `shop/42`) to the resource.
 * @module
 */
import { type Client, type Connection, type Page, type Run, type System, every } from '../../client/index.js';
import { MillraceError } from '../../platform/errors/error.js';
import { didYouMean } from './did-you-mean.js';

interface Named {
  readonly id: string;
  readonly name: string;
}

type NamedList<Item extends Named> = (input: {
  readonly limit: number;
  readonly search?: string;
  readonly after?: string;
}) => Promise<Page<Item>>;

const PAGE = 200;
const LONGEST_SEARCH = 200;
const ID = /^(src|dst|con|run|key|rej|ver)_[0-9a-z]{26}$/;

export function isId(text: string): boolean {
  return ID.test(text);
}

/** @throws MillraceError `request.not_found` with the nearest name, `request.conflict` when several have the name */
export async function pickByName<Item extends Named>(
  noun: string,
  typed: string,
  items: AsyncIterable<Item>,
  hint?: string,
): Promise<Item> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  const byId = all.find(({ id }) => id === typed);
  if (byId) return byId;
  const found = all.filter(({ name }) => name === typed);
  const one = onlyOne(noun, found, 'Use an id.');
  if (one) return one;
  throw notFound(noun, typed, all, hint);
}

/** Undefined when nothing has the name. @throws MillraceError `request.conflict` with the ids when several have it */
function onlyOne<Item extends Named>(noun: string, [first, ...others]: readonly Item[], suggestion: string): Item | undefined {
  if (!first || others.length === 0) return first;
  const ids = [first, ...others].map(({ id }) => id);
  throw new MillraceError('request.conflict', {
    detail: `${ids.length} ${noun}s are named ${first.name}: ${ids.join(', ')}.`,
    suggestion,
  });
}

function notFound(noun: string, typed: string, known: readonly Named[], hint = `See millrace ${noun}s list.`): MillraceError {
  const names = known.map(({ name }) => name);
  const listed = names.length === 0 ? `There is no ${noun} yet.` : hint;
  return new MillraceError('request.not_found', {
    detail: `There is no ${noun} ${typed}.`,
    suggestion: didYouMean(typed, names) ?? listed,
  });
}

/** What has the name; all there is when nothing has, to find the nearest. */
async function* candidates<Item extends Named>(list: NamedList<Item>, typed: string): AsyncIterable<Item> {
  const found = await namedExactly(list, typed);
  yield* found.length > 0 ? found : every(list, { limit: PAGE });
}

async function namedExactly<Item extends Named>(list: NamedList<Item>, typed: string): Promise<readonly Item[]> {
  const search = typed.trim();
  if (search === '' || search.length > LONGEST_SEARCH) return [];
  const found: Item[] = [];
  for await (const item of every(list, { limit: PAGE, search })) if (item.name === typed) found.push(item);
  return found;
}

export type SystemKind = 'source' | 'destination';

export function findSystem(api: Client, kind: SystemKind, typed: string): Promise<System> {
  const [get, list] = kind === 'source' ? [api.getSource, api.listSources] : [api.getDestination, api.listDestinations];
  return isId(typed) ? get({ id: typed }) : pickByName(kind, typed, candidates(list, typed));
}

export function findConnection(api: Client, typed: string): Promise<Connection> {
  if (isId(typed)) return api.getConnection({ id: typed });
  return pickByName('connection', typed, candidates(api.listConnections, typed));
}

/** By its name alone, where it may be missing. @throws MillraceError `request.conflict` when several have the name */
export async function connectionNamed(api: Client, name: string): Promise<Connection | undefined> {
  const found = await namedExactly(api.listConnections, name);
  return onlyOne('connection', found, 'Choose another name, or delete all but one of them.');
}

/** `run_…`, `shop/42`, or `shop` for the newest run of the connection. */
export async function findRun(api: Client, typed: string): Promise<Run> {
  if (typed.startsWith('run_')) return api.getRun({ id: typed });
  const [, name = typed, number] = /^(.+)\/(\d+)$/.exec(typed) ?? [];
  const connection = await findConnection(api, name);
  for await (const run of every(api.listRuns, { connectionId: connection.id, limit: PAGE })) {
    if (number === undefined || run.number === Number(number)) return api.getRun({ id: run.id });
  }
  throw new MillraceError('request.not_found', {
    detail: number === undefined ? `${connection.name} has no run yet.` : `${connection.name} has no run ${number}.`,
    suggestion: number === undefined ? `Run it: millrace sync ${connection.name}` : `See millrace runs list ${connection.name}.`,
  });
}

/** The stream's name as the connection has it. @throws MillraceError `request.not_found` with the nearest one */
export function findStream({ name, streams }: Pick<Connection, 'name' | 'streams'>, typed: string): string {
  return pickStream(`Connection ${name}`, namesIn(streams), typed);
}

/** The same where something else has the streams. */
export function pickStream(owner: string, names: readonly string[], typed: string): string {
  if (names.includes(typed)) return typed;
  throw new MillraceError('request.not_found', {
    detail: `${owner} has no stream ${typed}.`,
    suggestion: didYouMean(typed, names) ?? `Its streams: ${names.join(', ') || 'none'}.`,
  });
}

function namesIn(streams: readonly { readonly name: string }[]): readonly string[] {
  return streams.map(({ name }) => name);
}

/** Names by id, for tables. */
export async function namesOf(items: AsyncIterable<Named>): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for await (const { id, name } of items) names.set(id, name);
  return names;
}

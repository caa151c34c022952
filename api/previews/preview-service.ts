import { MillraceError, isMillraceError } from '../../platform/errors/error.js';
import { didYouMean } from '../../platform/names/did-you-mean.js';
import type { SqlDescription } from '../../schema/preview.js';
import type { PreviewOf, SelectedStream } from '../../workflows/messages.js';
import type { Principal } from '../auth/principal.js';
import type { ConnectionStore, StoredConnection } from '../connections/connection-store.js';
import type { Probes } from '../engine/probes.js';
import type {
  PreviewView,
  QueryBody,
  StreamPreviewQuery,
  TransformPreviewBody,
  ValidateBody,
  ValidationView,
} from './preview-schemas.js';
import { described, invalidBy, validateText } from './sql-validation.js';
import type { StagedAnswers } from './staged-answers.js';

interface Place {
  readonly sourceId?: string | undefined;
  readonly connectionId?: string | undefined;
  readonly stream: string;
  readonly columns?: SelectedStream['columns'];
}

interface Found {
  readonly sourceId: string;
  readonly name: string;
  readonly selected: SelectedStream;
  /** Of the connection. */
  readonly sql: string | undefined;
}

/** Shows rows before they move: a worker reads them, and only this process and who asked see them. */
export class PreviewService {
  constructor(
    private readonly connections: ConnectionStore,
    private readonly probes: Probes,
    private readonly answers: StagedAnswers,
  ) {}

  async ofStream(
    caller: Principal,
    sourceId: string,
    asked: StreamPreviewQuery & { readonly stream: string },
  ): Promise<PreviewView> {
    const { stream, connectionId, limit } = asked;
    const found = await this.find(caller, { sourceId, connectionId, stream });
    return this.ask(caller, found, { kind: 'stream', ...found.selected, sample: limit, limit });
  }

  async ofTransform(caller: Principal, body: TransformPreviewBody): Promise<PreviewView> {
    const { sample, limit } = body;
    const found = await this.find(caller, body);
    const sql = body.sql ?? found.sql;
    if (sql === undefined)
      throw new MillraceError('request.invalid', { detail: 'There is no SQL: the stream has none of its own.', path: 'sql' });
    await requireValid(sql);
    return this.ask(caller, found, { kind: 'stream', ...found.selected, sql, sample, limit });
  }

  async query(caller: Principal, sourceId: string, { sql, sample, limit }: QueryBody): Promise<PreviewView> {
    const name = await this.sourceName(caller, sourceId);
    return this.ask(caller, { sourceId, name }, { kind: 'query', sql, sample, limit });
  }

  async validate(caller: Principal, body: ValidateBody): Promise<ValidationView> {
    const { sql, stream, inputs = { input: undefined } } = body;
    if (stream === undefined) return validateText(sql, inputs);
    const found = await this.find(caller, { ...body, stream });
    const text = await validateText(sql, { input: undefined });
    if (!text.valid) return text;
    try {
      return described(await this.ask<SqlDescription>(caller, found, { kind: 'description', ...found.selected, sql }));
    } catch (error) {
      if (isMillraceError(error) && error.code.startsWith('transform.')) return invalidBy(error);
      throw error;
    }
  }

  private async ask<T = PreviewView>(
    caller: Principal,
    { sourceId, name }: Pick<Found, 'sourceId' | 'name'>,
    of: PreviewOf,
  ): Promise<T> {
    const { workspaceId } = caller;
    return this.answers.take<T>(await this.probes.preview({ workspaceId, sourceId, of }, name));
  }

  private async find(caller: Principal, { sourceId, connectionId, stream, columns }: Place): Promise<Found> {
    if (connectionId === undefined) {
      const id = sourceId ?? '';
      return { sourceId: id, name: await this.sourceName(caller, id), selected: selectedOf(stream, { columns }), sql: undefined };
    }
    const connection = await this.connections.get(caller.workspaceId, connectionId);
    if (sourceId !== undefined && sourceId !== connection.source_id)
      throw new MillraceError('request.invalid', {
        detail: `${connectionId} does not read from ${sourceId}.`,
        path: 'connectionId',
      });
    const config = streamOf(connection, stream);
    const selected = selectedOf(stream, { columns: columns ?? config.columns, filter: config.filter });
    return { sourceId: connection.source_id, name: connection.name, selected, sql: config.sql };
  }

  /** @throws MillraceError `request.not_found` */
  private async sourceName({ workspaceId }: Principal, id: string): Promise<string> {
    const source = await this.connections.source(workspaceId, id);
    if (source) return source.name;
    throw new MillraceError('request.not_found', { detail: `There is no source ${id}.` });
  }
}

function selectedOf(
  stream: string,
  { columns, filter }: { readonly columns?: SelectedStream['columns']; readonly filter?: SelectedStream['filter'] },
): SelectedStream {
  return { stream, ...(columns ? { columns } : {}), ...(filter ? { filter } : {}) };
}

function streamOf({ name, config: { streams } }: StoredConnection, typed: string): StoredConnection['config']['streams'][number] {
  const found = streams.find((stream) => stream.name === typed);
  if (found) return found;
  const suggestion = didYouMean(
    typed,
    streams.map((stream) => stream.name),
  );
  throw new MillraceError('request.not_found', {
    detail: `Connection ${name} has no stream ${typed}.`,
    ...(suggestion === undefined ? {} : { suggestion }),
  });
}

/** @throws MillraceError `transform.refused_sql` with every place, before a worker is asked */
async function requireValid(sql: string): Promise<void> {
  const { valid, errors } = await validateText(sql, { input: undefined });
  if (valid) return;
  const fields = errors.map(({ line, column, ...error }) => ({
    ...{ path: 'sql', ...error },
    ...(line === undefined || column === undefined ? {} : { line, column }),
  }));
  throw new MillraceError('transform.refused_sql', {
    detail: errors[0]?.message ?? 'The SQL is not allowed.',
    ...(errors[0] ? { suggestion: errors[0].suggestion } : {}),
    fields,
  });
}

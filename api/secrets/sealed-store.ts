import type { Knex } from 'knex';
import { MillraceError, isMillraceError } from '../../platform/errors/error.js';
import { resealConfig } from '../../platform/secrets/config.js';
import type { KeyRing } from '../../platform/secrets/key-ring.js';

/** A column that holds sealed values. */
interface SealedColumn {
  readonly table: 'sources' | 'destinations' | 'idempotency_keys';
  readonly column: 'config' | 'answer';
  /** Rows belong to workspaces. */
  readonly owned: boolean;
}

const SEALED: readonly SealedColumn[] = [
  { table: 'sources', column: 'config', owned: true },
  { table: 'destinations', column: 'config', owned: true },
  { table: 'idempotency_keys', column: 'answer', owned: false },
];

/** Rows that are held at the same time; nobody who changes one of them waits for long. */
const BATCH = 50;
const MOST_TOLD = 100;

const KEY_IDS = String.raw`'strict $.** \? (@.type() == "object" && exists(@."$secret"))."$secret".keyId'`;
const OTHER_KEY = String.raw`'$.**."$secret".keyId \? (@ != $current)'`;

export interface Resealing {
  readonly values: number;
  readonly unreadable: readonly { readonly id: string; readonly message: string }[];
}

/** Every value that is sealed, wherever it stands. Of one workspace, or of the whole installation. */
export class SealedStore {
  constructor(
    private readonly db: Knex,
    private readonly ring: KeyRing,
  ) {}

  /** How many values are sealed with which key. */
  async count(workspaceId: string | undefined): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const place of placesOf(workspaceId)) {
      const keys = this.rows(this.db, place, workspaceId).select(
        this.db.raw(`jsonb_path_query(${place.column}, ${KEY_IDS}) #>> '{}' as key`),
      );
      const found: readonly { key: string; values: string }[] = await this.db
        .from(keys.as('keys'))
        .select('key')
        .count('* as values')
        .groupBy('key');
      for (const { key, values } of found) counts.set(key, (counts.get(key) ?? 0) + Number(values));
    }
    return counts;
  }

  /** Seals anew what another key has sealed, some rows at a time: what is done stays done, whenever it is broken off. */
  async reseal(workspaceId: string | undefined): Promise<Resealing> {
    let values = 0;
    const unreadable: { id: string; message: string }[] = [];
    for (const place of placesOf(workspaceId)) {
      for (let after: string | undefined = ''; after !== undefined;) {
        const batch = await this.resealBatch(place, { workspaceId, after });
        values += batch.values;
        unreadable.push(...batch.unreadable);
        after = batch.next;
      }
    }
    return { values, unreadable: unreadable.slice(0, MOST_TOLD) };
  }

  /**
   * Under the rows' locks, so that what somebody else changes meanwhile is neither lost nor overwritten. The revision stays:
   * nothing has changed that anybody sees.
   */
  private async resealBatch(
    place: SealedColumn,
    { workspaceId, after }: { readonly workspaceId: string | undefined; readonly after: string },
  ): Promise<Resealing & { readonly next: string | undefined }> {
    return this.db.transaction(async (tx) => {
      const rows: readonly { id: string; sealed: unknown }[] = await this.rows(tx, place, workspaceId)
        .select('id', { sealed: place.column })
        .where('id', '>', after)
        .whereRaw(`jsonb_path_exists(${place.column}, ${OTHER_KEY}, ?)`, [JSON.stringify({ current: this.ring.currentId })])
        .orderBy('id')
        .limit(BATCH)
        .forNoKeyUpdate();
      let values = 0;
      const unreadable: { id: string; message: string }[] = [];
      for (const { id, sealed } of rows) {
        const resealed = this.resealed(sealed);
        if (resealed instanceof MillraceError) {
          unreadable.push({ id, message: resealed.message });
          continue;
        }
        values += resealed.values;
        await tx(place.table)
          .where({ id })
          .update({ [place.column]: JSON.stringify(resealed.config) });
      }
      return { values, unreadable, next: rows.length < BATCH ? undefined : rows.at(-1)?.id };
    });
  }

  /** One row that cannot be opened does not stop the others. */
  private resealed(sealed: unknown): ReturnType<typeof resealConfig> | MillraceError {
    try {
      return resealConfig(sealed, this.ring);
    } catch (error) {
      if (isMillraceError(error, 'setup.invalid')) return error;
      throw error;
    }
  }

  private rows(db: Knex, { table, owned }: SealedColumn, workspaceId: string | undefined): Knex.QueryBuilder {
    return db(table).modify((query) => {
      if (owned && workspaceId !== undefined) void query.where({ workspace_id: workspaceId });
    });
  }
}

function placesOf(workspaceId: string | undefined): readonly SealedColumn[] {
  return workspaceId === undefined ? SEALED : SEALED.filter(({ owned }) => owned);
}

import type { Knex } from 'knex';
import type { Migration } from './index.js';

/**
 * A project has one resource of a name: of two that apply it at the same moment, the second is refused. While a system is replaced
 * by one of another connector, both are there.
 */
export const projectNames: Migration = {
  name: '012-project-names',
  async up(db) {
    for (const [table, name] of NAMED) {
      await giveUpOlder(db, table, name);
      await db.raw(`create unique index ${table}_by_project on ${table} (${name}) where ${IN_PROJECT}`);
    }
  },
  async down(db) {
    for (const [table] of NAMED) await db.raw(`drop index if exists ${table}_by_project`);
  },
};

const PROJECT = `(labels ->> 'millrace/project')`;
const IN_PROJECT = `deleted_at is null and ${PROJECT} is not null`;

const NAMED: readonly (readonly [table: string, name: string])[] = [
  ['sources', `workspace_id, ${PROJECT}, name, connector`],
  ['destinations', `workspace_id, ${PROJECT}, name, connector`],
  ['connections', `workspace_id, ${PROJECT}, name`],
];

/** The newest is what `apply` goes on with; others belong to nobody from now on. */
async function giveUpOlder(db: Knex, table: string, name: string): Promise<void> {
  await db.raw(`update ${table} set labels = labels - 'millrace/project', revision = revision + 1
    where id in (select id from (select id, row_number() over (partition by ${name} order by created_at desc, id desc) as age
                                 from ${table} where ${IN_PROJECT}) as named where age > 1)`);
}

/** Every way in which a row can be refused, one kind a stream. `%` stands for the table's name. */

export interface Kind {
  readonly name: string;
  /** Column `v` of the source. */
  readonly type: string;
  readonly good: string;
  readonly bad: string;
  /** What the owner of the target does to it after the first load. */
  readonly target?: string;
  readonly sql?: string;
  readonly code: string;
  readonly reason: string;
  /** No value of one field can be left out instead. */
  readonly row?: true;
}

export const KINDS: readonly Kind[] = [
  {
    name: 'text too long for a narrowed column',
    ...{ type: 'text', good: `'short'`, bad: `'much too long'` },
    target: `create domain short_% as varchar(5); alter table % alter column v type short_%`,
    ...{ code: 'too_long', reason: 'longer than 5 characters' },
  },
  {
    name: 'a number out of range of a narrowed column',
    ...{ type: 'int', good: '7', bad: '70000' },
    target: `create domain small_% as smallint; alter table % alter column v type small_%`,
    ...{ code: 'out_of_range', reason: 'out of range for smallint' },
  },
  {
    name: 'text that is no json after a transform',
    ...{ type: 'json', good: `'{}'`, bad: `'"x"'`, sql: `select id, case when v = '"x"' then '{x' else v end as v from input` },
    ...{ code: 'invalid', reason: 'not a valid json' },
  },
  {
    name: 'a date that is none after a transform',
    type: 'date[]',
    ...{ good: `'{2024-01-01}'`, bad: `'{2024-02-03}'`, sql: `select id, replace(v, '02-03', '02-30') as v from input` },
    ...{ code: 'out_of_range', reason: 'out of range for date[]' },
  },
  {
    name: 'text that is no address after a transform',
    ...{
      type: 'inet',
      good: `'10.0.0.1'`,
      bad: `'10.0.0.2'`,
      sql: `select id, replace(v, '10.0.0.2', 'nowhere') as v from input`,
    },
    ...{ code: 'invalid', reason: 'not a valid inet' },
  },
  {
    name: 'a uuid that is none for a column of the owner',
    ...{ type: 'text', good: `'5b30857f-0bfa-48b5-ac0b-5c64e28078d1'`, bad: `'none'` },
    target: `create domain uuid_% as uuid; alter table % alter column v type uuid_% using v::uuid`,
    ...{ code: 'invalid', reason: 'not a valid uuid' },
  },
  {
    name: 'a NUL character',
    ...{ type: 'text', good: `'x'`, bad: `'nul'`, sql: `select id, replace(v, 'nul', 'a' || chr(0)) as v from input` },
    ...{ code: 'nul_character', reason: 'holds a NUL character' },
  },
  {
    name: 'json with an escaped NUL for jsonb',
    ...{ type: 'jsonb', good: `'{}'`, bad: `'"x"'`, sql: `select id, replace(v::varchar, 'x', '\\u0000')::json as v from input` },
    ...{ code: 'invalid', reason: 'not a valid jsonb' },
  },
  {
    name: 'a domain with a check',
    ...{ type: 'int', good: '7', bad: '-7' },
    target: `create domain positive_% as int check (value > 0); alter table % alter column v type positive_%`,
    ...{ code: 'check', reason: 'violates a check of its type' },
  },
  {
    name: 'NULL where the target takes none',
    ...{ type: 'int', good: '7', bad: 'null', target: 'alter table % alter column v set not null' },
    ...{ code: 'null_value', reason: 'NULL where the target takes none', row: true },
  },
  {
    name: 'a CHECK of the target',
    ...{ type: 'int', good: '7', bad: '-7', target: 'alter table % add constraint "positive v" check (v > 0)' },
    ...{ code: 'check', reason: 'violates the check positive v', row: true },
  },
  {
    name: 'a foreign key of the target, checked late',
    ...{ type: 'int', good: '7', bad: '8' },
    target: `create table parent_% (v int primary key); insert into parent_% values (7);
      alter table % add constraint parent foreign key (v) references parent_% deferrable initially deferred`,
    ...{ code: 'foreign_key', reason: 'violates the foreign key parent', row: true },
  },
  {
    name: 'another unique index',
    ...{ type: 'int', good: 'null', bad: '7', target: 'create unique index one_% on % (v); insert into % (id, v) values (0, 7)' },
    ...{ code: 'unique', reason: 'another row has the same values in one_%', row: true },
  },
  {
    name: 'an exclusion constraint',
    ...{ type: 'int4range', good: `'[1,1]'`, bad: `'[70,80)'` },
    target: `delete from %; insert into % (id, v) values (0, '[75,76)'); alter table % add constraint apart_% exclude using gist (v with &&) where (lower(v) > 50)`,
    ...{ code: 'exclusion', reason: 'violates the exclusion constraint apart_%', row: true },
  },
  {
    name: 'a trigger that refuses with a data error',
    ...{ type: 'int', good: '7', bad: '8' },
    target: `create function refuse_%() returns trigger language plpgsql as 'begin if new.v = 8 then raise check_violation using constraint = ''no eights''; end if; return new; end';
      create trigger refuse before insert on % for each row execute function refuse_%()`,
    ...{ code: 'check', reason: 'violates the check no eights', row: true },
  },
  {
    name: 'a value too large for an index',
    type: 'text',
    ...{
      good: `'x'`,
      bad: `(select string_agg(md5(i::text), '') from generate_series(1, 400) i)`,
      target: 'create index on % (v)',
    },
    ...{ code: 'refused', reason: 'refused by the target, SQLSTATE 54000', row: true },
  },
];

/** Every way in which a value or a row can be refused. `%` stands for the table's name, `@` for the column's. */
export interface Kind {
  readonly name: string;
  /** Column in the source. */
  readonly type: string;
  readonly good: string;
  readonly bad: string;
  /** What the owner of the target does to it after the first load. */
  readonly target?: string;
  /** What a transform makes of the column. */
  readonly expression?: string;
  readonly code: string;
  readonly reason: string;
  /** No value of one field can be left out instead. */
  readonly row?: true;
}

export const KINDS: readonly Kind[] = [
  {
    name: 'text too long for a narrowed column',
    ...{ type: 'text', good: `'short'`, bad: `'much too long'` },
    target: `create domain short_% as varchar(5); alter table % alter column @ type short_%`,
    ...{ code: 'too_long', reason: 'longer than 5 characters' },
  },
  {
    name: 'a number out of range of a narrowed column',
    ...{ type: 'int', good: '7', bad: '70000' },
    target: `create domain small_% as smallint; alter table % alter column @ type small_%`,
    ...{ code: 'out_of_range', reason: 'out of range for smallint' },
  },
  {
    name: 'text that is no json after a transform',
    ...{ type: 'json', good: `'{}'`, bad: `'"x"'`, expression: `case when @ = '"x"' then '{x' else @ end` },
    ...{ code: 'invalid', reason: 'not a valid json' },
  },
  {
    name: 'a date that is none after a transform',
    ...{ type: 'date[]', good: `'{2024-01-01}'`, bad: `'{2024-02-03}'`, expression: `replace(@, '02-03', '02-30')` },
    ...{ code: 'out_of_range', reason: 'out of range for date[]' },
  },
  {
    name: 'text that is no address after a transform',
    ...{ type: 'inet', good: `'10.0.0.1'`, bad: `'10.0.0.2'`, expression: `replace(@, '10.0.0.2', 'nowhere')` },
    ...{ code: 'invalid', reason: 'not a valid inet' },
  },
  {
    name: 'a uuid that is none for a column of the owner',
    ...{ type: 'text', good: `'5b30857f-0bfa-48b5-ac0b-5c64e28078d1'`, bad: `'none'` },
    target: `create domain uuid_% as uuid; alter table % alter column @ type uuid_% using @::uuid`,
    ...{ code: 'invalid', reason: 'not a valid uuid' },
  },
  {
    name: 'a NUL character',
    ...{ type: 'text', good: `'x'`, bad: `'nul'`, expression: `replace(@, 'nul', 'a' || chr(0))` },
    ...{ code: 'nul_character', reason: 'holds a NUL character' },
  },
  {
    name: 'json with an escaped NUL for jsonb',
    ...{ type: 'jsonb', good: `'{}'`, bad: `'"x"'`, expression: `replace(@::varchar, 'x', '\\u0000')::json` },
    ...{ code: 'invalid', reason: 'not a valid jsonb' },
  },
  {
    name: 'a domain with a check',
    ...{ type: 'int', good: '7', bad: '-7' },
    target: `create domain positive_% as int check (value > 0); alter table % alter column @ type positive_%`,
    ...{ code: 'check', reason: 'violates a check of its type' },
  },
  {
    name: 'NULL where the target takes none',
    ...{ type: 'int', good: '7', bad: 'null', target: 'alter table % alter column @ set default 7, alter column @ set not null' },
    ...{ code: 'null_value', reason: 'NULL where the target takes none', row: true },
  },
  {
    name: 'a CHECK of the target',
    ...{ type: 'int', good: '7', bad: '-7', target: 'alter table % add constraint "positive @" check (@ > 0)' },
    ...{ code: 'check', reason: 'violates the check positive @', row: true },
  },
  {
    name: 'a foreign key of the target, checked late',
    ...{ type: 'int', good: '7', bad: '8' },
    target: `create table parent_% (v int primary key); insert into parent_% values (7);
      alter table % add constraint parent foreign key (@) references parent_% deferrable initially deferred`,
    ...{ code: 'foreign_key', reason: 'violates the foreign key parent', row: true },
  },
  {
    name: 'another unique index',
    ...{
      type: 'int',
      good: 'null',
      bad: '7',
      target: 'create unique index one_% on % (@); insert into % (id, @) values (-1, 7)',
    },
    ...{ code: 'unique', reason: 'another row has the same values in one_%', row: true },
  },
  {
    name: 'an exclusion constraint',
    ...{ type: 'int4range', good: `'[1,1]'`, bad: `'[70,80)'` },
    target: `alter table % add constraint apart_% exclude using gist (@ with &&) where (lower(@) > 50); insert into % (id, @) values (-2, '[75,76)')`,
    ...{ code: 'exclusion', reason: 'violates the exclusion constraint apart_%', row: true },
  },
  {
    name: 'a trigger that refuses with a data error',
    ...{ type: 'int', good: '7', bad: '8' },
    target: `create function refuse_%() returns trigger language plpgsql as 'begin if new.@ = 8 then raise check_violation using constraint = ''no eights''; end if; return new; end';
      create trigger refuse after insert on % for each row execute function refuse_%()`,
    ...{ code: 'check', reason: 'violates the check no eights', row: true },
  },
  {
    name: 'a value too large for an index',
    ...{ type: 'text', good: `'x'`, bad: `(select string_agg(md5(i::text), '') from generate_series(1, 400) i)` },
    target: 'create index on % (@)',
    ...{ code: 'refused', reason: 'refused by the target, SQLSTATE 54000', row: true },
  },
];

/** A table whose column `v<n>` is for the n-th kind; the row of a kind is bad in its column only. */
export class BadTable {
  constructor(
    readonly name: string,
    readonly kinds: readonly Kind[],
  ) {}

  /** With one good row, of id 1. */
  create(): string {
    const columns = this.kinds.map(({ type }, index) => `v${index} ${type}`);
    return `create table ${this.name} (id int primary key, ${columns.join(', ')}); insert into ${this.name} values (1, ${this.kinds.map(({ good }) => good).join(', ')})`;
  }

  /** The transform, where one is needed. */
  sql(): { readonly sql?: string } {
    if (this.kinds.every(({ expression }) => expression === undefined)) return {};
    const columns = this.kinds.map(({ expression = '@' }, index) => `${this.named(expression, index)} as v${index}`);
    return { sql: `select id, ${columns.join(', ')} from input` };
  }

  constrain(): readonly string[] {
    return this.kinds.flatMap(({ target }, index) => (target === undefined ? [] : [this.named(target, index)]));
  }

  /** Rows 2 to 1000. */
  fill(): string {
    const values = this.kinds.map(
      ({ type, good, bad }, index) => `case when i = ${this.idOf(index)} then ${bad} else ${good} end::${type}`,
    );
    return `insert into ${this.name} select i, ${values.join(', ')} from generate_series(2, 1000) i`;
  }

  idOf(index: number): number {
    return 500 + 10 * index;
  }

  named(text: string, index: number): string {
    return text.replaceAll('%', this.name).replaceAll('@', `v${index}`);
  }
}

/**
 * What has changed between two versions of a stream's columns, and which changes are breaking: told before any row moves (I6).
 * @module
 */
import { holds, typeName } from './type-order.js';
import type { Field } from './types.js';

export interface StreamSchema {
  readonly fields: readonly Field[];
  readonly primaryKey: readonly string[];
}

export interface SchemaChange {
  readonly kind: 'added' | 'dropped' | 'widened' | 'narrowed' | 'retyped' | 'required' | 'nullable' | 'key';
  /** The field; the key's fields for `key`. */
  readonly field: string;
  readonly from?: string;
  readonly to?: string;
  /** What is loaded already does not fit: it takes a refresh, or a change of the target by hand. */
  readonly breaking: boolean;
}

/** `former` holds columns that an earlier version had: the target still has them, with the type that they had. */
export function diffSchemas(before: StreamSchema, after: StreamSchema, former: readonly Field[] = []): readonly SchemaChange[] {
  const [held, wanted] = [byName(before.fields), byName(after.fields)];
  const earlier = byName(former);
  return [
    ...keyChange(before, after),
    ...before.fields.filter(({ name }) => !wanted.has(name)).map((field) => dropped(field)),
    ...after.fields.flatMap((field) => {
      const was = held.get(field.name);
      return was ? changesOf(was, field) : addition(field, earlier.get(field.name));
    }),
  ];
}

const byName = (fields: readonly Field[]): ReadonlyMap<string, Field> => new Map(fields.map((field) => [field.name, field]));

function keyChange(before: StreamSchema, after: StreamSchema): SchemaChange[] {
  const [from, to] = [before.primaryKey.join(', '), after.primaryKey.join(', ')];
  return from === to ? [] : [{ kind: 'key', field: to, from, to, breaking: true }];
}

const dropped = (field: Field): SchemaChange => ({ kind: 'dropped', field: field.name, from: typeName(field), breaking: false });

function addition(field: Field, former: Field | undefined): SchemaChange[] {
  const added: SchemaChange = { kind: 'added', field: field.name, to: typeName(field), breaking: false };
  return former ? [added, ...typeChange(former, field)] : [added];
}

function changesOf(was: Field, is: Field): SchemaChange[] {
  const nullability: SchemaChange[] =
    was.nullable === is.nullable ? [] : [{ kind: is.nullable ? 'nullable' : 'required', field: is.name, breaking: false }];
  return [...typeChange(was, is), ...nullability];
}

function typeChange(was: Field, is: Field): SchemaChange[] {
  const [from, to] = [typeName(was), typeName(is)];
  if (from === to) return [];
  const kind = holds(to, from) ? 'widened' : holds(from, to) ? 'narrowed' : 'retyped';
  return [{ kind, field: is.name, from, to, breaking: kind === 'retyped' }];
}

/** One line for people. A column that went with one of the same type that came may be a rename: then say so. */
export function changeText(change: SchemaChange, all: readonly SchemaChange[] = []): string {
  const { kind, field, from, to, breaking } = change;
  const mark = breaking ? 'breaking: ' : '';
  if (kind === 'key') return `${mark}the key changed from (${from}) to (${to})`;
  if (kind === 'required' || kind === 'nullable') return `${field} is ${kind} now`;
  if (kind === 'added') return `added ${field} ${to}`;
  if (kind === 'dropped') return `dropped ${field} ${from}${renameHint(change, all)}`;
  return `${mark}${kind} ${field} from ${from} to ${to}`;
}

function renameHint({ from }: SchemaChange, all: readonly SchemaChange[]): string {
  const [only, ...more] = all.filter((other) => other.kind === 'added' && other.to === from);
  const gone = all.filter((other) => other.kind === 'dropped' && other.from === from);
  return only && more.length === 0 && gone.length === 1 ? `, maybe renamed to ${only.field}` : '';
}

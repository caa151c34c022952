import type { StreamConfig, TargetNames } from './connection-config.js';
import { fitIdentifier } from './naming.js';
import type { Target } from './types.js';

export interface TargetRules {
  readonly targetNames?: TargetNames | undefined;
  /** Where the destination puts a stream of this name. */
  readonly usual: (stream: string) => Target;
}

/** Where a stream goes: what it says itself, else the connection's rule, else what the destination usually does. */
export function targetOf({ name, target }: Pick<StreamConfig, 'name' | 'target'>, { targetNames, usual }: TargetRules): Target {
  const fallback = usual(name);
  const named = (template: string | undefined): string | undefined =>
    template === undefined ? undefined : fitIdentifier(fillIn(template, name));
  return {
    schema: target?.schema ?? named(targetNames?.schema) ?? fallback.schema,
    table: target?.table ?? named(targetNames?.table) ?? fallback.table,
  };
}

/** A stream name is `schema.table`; one without a dot has no schema. */
function fillIn(template: string, stream: string): string {
  const dot = stream.indexOf('.');
  const [schema, table] = dot < 0 ? ['', stream] : [stream.slice(0, dot), stream.slice(dot + 1)];
  return template.replaceAll(/\{(schema|table)\}/g, (_, part) => (part === 'schema' ? schema : table));
}

import type { CsvColumnRule } from '../connectors/sdk/types.js';
import type { Engine } from '../platform/duckdb/engine.js';
import { type CsvReading, type RuleChoice, chosenRules, readCsv } from './scan.js';

export interface FailedConversion {
  readonly rules: readonly (readonly CsvColumnRule[])[];
  readonly choice: RuleChoice;
  readonly reading: CsvReading;
  readonly error: unknown;
}

/** Index of a column whose next rule may hold the value that failed; undefined when no column is to blame. */
export async function conversionCulprit(engine: Engine, failed: FailedConversion): Promise<number | undefined> {
  const message = failed.error instanceof Error ? failed.error.message : '';
  const named = /Error when converting column "c(\d+)"/.exec(message);
  const candidate = named ? Number(named[1]) : await firstThatFails(engine, failed);
  return candidate !== undefined && hasNextRule(failed, candidate) ? candidate : undefined;
}

const hasNextRule = ({ rules, choice }: FailedConversion, index: number): boolean =>
  (choice[index] ?? 0) + 1 < (rules[index]?.length ?? 0);

/** A cast does not say whose value it was: each column that has another rule is tried alone. */
async function firstThatFails(engine: Engine, failed: FailedConversion): Promise<number | undefined> {
  const chosen = chosenRules(failed.rules, failed.choice);
  for (const [index, rule] of chosen.entries()) {
    if (!hasNextRule(failed, index)) continue;
    const alone = chosen.map((other, at) => (at === index ? rule : { ...other, read: 'VARCHAR' }));
    try {
      await engine.run(`select max(hash(${rule.stage(`c${index}`)})) from ${readCsv(alone, failed.reading)}`);
    } catch {
      return index;
    }
  }
  return undefined;
}

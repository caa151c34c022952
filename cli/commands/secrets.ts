import type { Command } from 'commander';
import type { SecretStatus } from '../../client/index.js';
import { addApiCommand, addNoun, withApi } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { say } from '../output/report.js';
import { formatTable, stdoutWidth } from '../output/table.js';
import { count, yesNo } from '../output/text.js';

export function addSecrets(program: Command): void {
  const noun = addNoun(program, 'secrets', 'Stored secrets and the keys that seal them.');
  addStatus(noun);
  addRotate(noun);
}

function addStatus(noun: Command): void {
  const help = { description: 'Say how many stored values are sealed with which key.', examples: ['millrace secrets status'] };
  addApiCommand(noun, 'status', help).action(
    withApi<[]>(async ({ api, out }) => {
      const status = await api.getSecretStatus();
      out.result(status, () => tableOf(status));
    }),
  );
}

function addRotate(noun: Command): void {
  addApiCommand(noun, 'rotate', {
    description: 'Seal every stored secret with the current key, while everything goes on. May be repeated at any time.',
    examples: ['millrace secrets rotate', 'millrace secrets rotate --json'],
  }).action(
    withApi<[]>(async ({ api, out }) => {
      const report = await api.rotateSecrets({ idempotencyKey: crypto.randomUUID() });
      const { currentKey, rotated, remaining, unreadable } = report;
      out.result(report, () => `Sealed ${values(rotated)} anew with key ${currentKey}.`);
      for (const { id, message } of unreadable) say(`✗ ${id}: ${message}`);
      if (remaining === 0) return EXIT.ok;
      say(`${values(remaining)} still sealed with another key: see millrace secrets status.`);
      return EXIT.environment;
    }),
  );
}

const values = (number: number): string => `${count(number)} ${number === 1 ? 'value' : 'values'}`;

function tableOf({ currentKey, keys }: SecretStatus): string {
  const columns = [{ title: 'key' }, { title: 'current' }, { title: 'available' }, { title: 'values', align: 'right' }] as const;
  const rows = keys.map(({ key, values, available }) => [key, yesNo(key === currentKey), yesNo(available), count(values)]);
  return formatTable(columns, rows, stdoutWidth());
}

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { EXIT } from '../../../cli/exit-codes.js';
import type { Plan } from '../../../cli/project/plan.js';
import { type Outcome, runCli } from './cli.js';

/** A project of files, and the commands that are about it. */
export class ProjectFolder {
  constructor(
    readonly path: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  cli(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    return runCli(args, { env: { ...this.env, ...variables } });
  }

  async plan(folder = this.path): Promise<Plan> {
    const { code, stdout, stderr } = await this.cli(['plan', '--dir', folder, '--json']);
    expect({ code, said: code === EXIT.ok ? '' : stdout + stderr }).toEqual({ code: EXIT.ok, said: '' });
    return (JSON.parse(stdout) as { data: Plan }).data;
  }

  apply(...flags: readonly string[]): Promise<Outcome> {
    return this.cli(['apply', '--dir', this.path, ...flags]);
  }

  edit(path: string, change: (text: string) => string): void {
    const file = join(this.path, path);
    const before = readFileSync(file, 'utf8');
    const after = change(before);
    expect(after).not.toBe(before);
    writeFileSync(file, after);
  }
}

import type { Command } from 'commander';
import { type Call, addApiCommand, withApi } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { say } from '../output/report.js';
import { styleFor } from '../output/style.js';
import { writeText } from '../project/files/write-files.js';
import { makePlan } from '../project/make-plan.js';
import { planText } from '../project/plan-text.js';
import { type FolderOptions, addFolderOptions, planOptionsOf } from './project-folder.js';

interface PlanOptions extends FolderOptions {
  readonly out?: string;
  readonly detailedExitcode?: true;
}

export function addPlan(program: Command): void {
  const command = addApiCommand(program, 'plan', {
    description: 'Show what apply would do so that everything is as the files of a project say. Changes nothing.',
    examples: ['millrace plan', 'millrace plan --dir shop --out plan.json', 'millrace plan --json --detailed-exitcode'],
  });
  addFolderOptions(command)
    .option('--out <file>', 'also write the plan into a file, for apply --plan')
    .option('--detailed-exitcode', 'exit with 4 when there is something to do')
    .action(withApi<[], PlanOptions>(plan));
}

async function plan({ api, options, out }: Call<[], PlanOptions>): Promise<ExitCode> {
  const { plan } = await makePlan(api, planOptionsOf(options));
  if (options.out !== undefined) writeText(options.out, `${JSON.stringify(plan, null, 2)}\n`);
  out.result(plan, () => planText(plan, styleFor(process.stdout, process.env)));
  if (plan.steps.length === 0) return EXIT.ok;
  say(`Next: millrace apply${options.dir === '.' ? '' : ` --dir ${options.dir}`} --plan ${options.out ?? plan.hash}`);
  return options.detailedExitcode ? EXIT.warnings : EXIT.ok;
}

import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { MillraceError } from '../../platform/errors/error.js';
import { type Call, addApiCommand, withApi } from '../command.js';
import { confirm } from '../confirm.js';
import { invalid, jsonFile } from '../input.js';
import { say } from '../output/report.js';
import { styleFor } from '../output/style.js';
import { type Applied, applyPlan } from '../project/apply.js';
import { makePlan } from '../project/make-plan.js';
import type { Plan } from '../project/plan.js';
import { planText, summary } from '../project/plan-text.js';
import { type FolderOptions, addFolderOptions, planOptionsOf } from './project-folder.js';

interface ApplyOptions extends FolderOptions {
  readonly plan?: string;
  readonly autoApprove?: true;
  readonly yes?: true;
}

export function addApply(program: Command): void {
  const command = addApiCommand(program, 'apply', {
    description: 'Make everything as the files of a project say: exactly the plan that is shown, and nothing else.',
    examples: ['millrace apply', 'millrace apply --plan 3f9ac2d1e4b5a697', 'millrace apply --plan plan.json --auto-approve'],
  });
  addFolderOptions(command)
    .option('--plan <hash or file>', 'only if the plan is still this one, by what millrace plan printed or wrote')
    .option('--auto-approve', 'do it without asking')
    .option('--yes', 'the same')
    .action(withApi<[], ApplyOptions>(apply));
}

async function apply({ api, options, out }: Call<[], ApplyOptions>): Promise<void> {
  const made = await makePlan(api, planOptionsOf(options));
  const { plan } = made;
  const wanted = options.plan === undefined ? plan.hash : hashOf(options.plan);
  if (plan.steps.length === 0) return out.result(resultOf(plan, []), () => planText(plan, styleFor(process.stdout, process.env)));
  requirePlan(plan, wanted);
  const style = styleFor(process.stderr, process.env);
  say(planText(plan, style));
  const what = `This is going to be done: ${summary(plan.steps, style)}`;
  await confirm({ what, name: plan.project, yes: options.autoApprove === true || options.yes === true });
  const applied = await applyPlan(api, made, ({ does, kind, name }) => say(`✓ ${DONE[does]} ${kind} ${name}`));
  out.result(resultOf(plan, applied), () => `Applied plan ${plan.hash} of ${plan.project}.`);
}

const DONE = { create: 'Created', update: 'Changed', delete: 'Deleted' } as const;

function resultOf({ project, hash }: Plan, applied: readonly Applied[]) {
  return { project, hash, applied };
}

/** @throws MillraceError `project.plan_changed` */
function requirePlan({ hash }: Plan, wanted: string): void {
  if (wanted === hash) return;
  throw new MillraceError('project.plan_changed', {
    detail: `Plan ${wanted} is not what would be done: that is plan ${hash}. The files, or what is there, have changed since.`,
    path: '--plan',
  });
}

function hashOf(wanted: string): string {
  if (!existsSync(wanted)) return wanted;
  const { hash } = jsonFile('--plan', wanted) as Partial<Plan>;
  if (typeof hash === 'string') return hash;
  throw invalid('--plan', 'The file holds no plan.', 'Write one with millrace plan --out <file>.');
}

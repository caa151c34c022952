import type { Command } from 'commander';
import { addCommand, addNoun, withOutput } from '../command.js';
import { LOCAL, contextsFile, readContexts, unknownContext, writeContexts } from '../contexts.js';
import { invalid } from '../input.js';
import { whole } from '../listing.js';
import { say } from '../output/report.js';
import { formatTable, stdoutWidth } from '../output/table.js';

interface ContextLine {
  readonly name: string;
  readonly url: string;
  readonly inUse: boolean;
}

export function addContext(program: Command): void {
  const noun = addNoun(program, 'context', 'Remote APIs by name, in a file only you can read.');
  addSet(noun);
  addUse(noun);
  addList(noun);
}

function addSet(noun: Command): void {
  addCommand(noun, 'set <name>', {
    description: 'Remember where an API is, with the key from MILLRACE_API_KEY or another variable.',
    examples: ['MILLRACE_API_KEY=mrk_… millrace context set prod --url https://millrace.example'],
  })
    .requiredOption('--url <url>', 'where the API is, without /v1')
    .option('--key-env <variable>', 'the variable that holds the key', 'MILLRACE_API_KEY')
    .action(
      withOutput<[string], { url: string; keyEnv: string }>(async ({ args: [name], options: { url, keyEnv }, out }) => {
        const apiKey = process.env[keyEnv];
        if (name === LOCAL) throw invalid('<name>', 'local stands for the stack on this machine.', 'Choose another name.');
        if (!apiKey) throw invalid('--key-env', `The variable ${keyEnv} is not set.`, 'Set it to the API key.');
        if (!URL.canParse(url)) throw invalid('--url', 'It is not a URL.', 'Give it as https://host:port.');
        const known = readContexts(process.env);
        writeContexts(process.env, { ...known, contexts: { ...known.contexts, [name]: { url, apiKey } } });
        out.result({ name, url }, () => `Set context ${name}.`);
        say(`Use it: millrace context use ${name}`);
      }),
    );
}

function addUse(noun: Command): void {
  addCommand(noun, 'use <name>', {
    description: 'Talk to this API from now on; local is the stack on this machine.',
    examples: ['millrace context use prod', 'millrace context use local'],
  }).action(
    withOutput<[string]>(async ({ args: [name], out }) => {
      const known = readContexts(process.env);
      if (name !== LOCAL && !known.contexts[name]) throw unknownContext(name, [LOCAL, ...Object.keys(known.contexts)]);
      writeContexts(process.env, { ...known, current: name === LOCAL ? null : name });
      out.result({ name }, () => `Using ${name}.`);
    }),
  );
}

function addList(noun: Command): void {
  addCommand(noun, 'list', { description: 'List the contexts, never their keys.', examples: ['millrace context list'] }).action(
    withOutput<[]>(async ({ out }) => {
      const { current, contexts } = readContexts(process.env);
      const remote = Object.entries(contexts).map(([name, { url }]) => ({ name, url, inUse: name === current }));
      const local = { name: LOCAL, url: 'the stack over MILLRACE_HOME', inUse: current === null };
      out.list(whole<ContextLine>([local, ...remote]), tableOf);
      say(`From ${contextsFile(process.env)}`);
    }),
  );
}

function tableOf(lines: readonly ContextLine[]): string {
  const columns = [{ title: '' }, { title: 'name' }, { title: 'url' }];
  return formatTable(
    columns,
    lines.map(({ name, url, inUse }) => [inUse ? '*' : '', name, url]),
    stdoutWidth(),
  );
}

/**
 * How commands over the API are made: the same flags, output, errors and help everywhere.
 * @module
 */
import { type Command, Option } from 'commander';
import { type Client, createClient } from '../client/index.js';
import { findTarget } from './api.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { FORMATS, type Format, Output } from './output/output.js';

export interface Help {
  readonly description: string;
  /** As typed, shown first in the help. */
  readonly examples: readonly string[];
}

/** What a command is run with. */
export interface Call<Args extends readonly unknown[], Options> {
  readonly args: Args;
  readonly options: Options;
  readonly out: Output;
  readonly api: Client;
}

interface CommonOptions {
  readonly json?: true;
  readonly output?: Format;
  readonly context?: string;
}

/** Adds a command with its examples in front of everything else. */
export function addPlainCommand(parent: Command, usage: string, { description, examples }: Help): Command {
  const lines = examples.map((example) => `  ${example}\n`).join('');
  return parent.command(usage).description(description).addHelpText('before', `Examples:\n${lines}`);
}

/** The same with `--json` and `--output`. */
export function addCommand(parent: Command, usage: string, help: Help): Command {
  return addPlainCommand(parent, usage, help)
    .addOption(new Option('--json', 'print one JSON envelope: {ok, data} or {ok, error}'))
    .addOption(new Option('--output <format>', 'how to print the result').choices(FORMATS).default('text'));
}

/** A command that talks to the API. */
export function addApiCommand(parent: Command, usage: string, help: Help): Command {
  return addCommand(parent, usage, help).addOption(
    new Option('--context <name>', 'talk to this API of `millrace context list`').env('MILLRACE_CONTEXT'),
  );
}

/** A noun: a group of commands. */
export function addNoun(program: Command, name: string, description: string): Command {
  return program.command(name).description(description);
}

type Action = (...parameters: unknown[]) => Promise<void>;

/** Runs with arguments, options and the API. What it returns is the exit code. */
export function withApi<Args extends readonly unknown[], Options = unknown>(
  run: (call: Call<Args, Options>) => Promise<ExitCode | void>,
): Action {
  return withOutput<Args, Options>(async (call) => {
    const target = findTarget(process.env, (call.options as CommonOptions).context);
    return run({ ...call, api: createClient(target) });
  });
}

/** The same for commands that need no API. */
export function withOutput<Args extends readonly unknown[], Options = unknown>(
  run: (call: Omit<Call<Args, Options>, 'api'>) => Promise<ExitCode | void>,
): Action {
  return async (...parameters: unknown[]) => {
    const command = parameters.at(-1) as Command;
    const options = command.opts<CommonOptions>();
    const out = new Output(options.json ? 'json' : (options.output ?? 'text'));
    const code = await run({ args: command.processedArgs as unknown as Args, options: options as Options, out });
    process.exitCode = code ?? EXIT.ok;
  };
}

import { invalid, jsonObject, pairOf } from './input.js';

export interface ConfigOptions {
  readonly config?: string;
  readonly set?: readonly string[];
  readonly setEnv?: readonly string[];
  readonly setRef?: readonly string[];
}

type Config = Record<string, unknown>;

/**
 * The configuration of a source or destination from flags. `--set-env` takes a value from a variable, so that a secret
 * stands in no list of processes; `--set-ref` says where the worker is to look for it.
 * @throws MillraceError `request.invalid`
 */
export function configOf({ config, set = [], setEnv = [], setRef = [] }: ConfigOptions, env: NodeJS.ProcessEnv): Config {
  const result: Config = config === undefined ? {} : structuredClone(jsonObject('--config', config) as Config);
  for (const text of set) {
    const [key, value] = pairOf('--set', text);
    setAt(result, key, valueOf(value));
  }
  for (const text of setEnv) {
    const [key, variable] = pairOf('--set-env', text);
    const value = env[variable];
    if (value === undefined || value === '') throw invalid('--set-env', `The variable ${variable} is not set.`);
    setAt(result, key, value);
  }
  for (const text of setRef) {
    const [key, ref] = pairOf('--set-ref', text);
    setAt(result, key, { ref });
  }
  return result;
}

/** Numbers, true, false, null, lists and objects are JSON; everything else is text. */
function valueOf(text: string): unknown {
  if (!/^(-?\d+(\.\d+)?|true|false|null|[[{].*)$/s.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function setAt(config: Config, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop() ?? path;
  let place = config;
  for (const key of keys) {
    const next = Object.hasOwn(place, key) ? place[key] : undefined;
    const inner: Config = typeof next === 'object' && next !== null ? (next as Config) : {};
    Object.defineProperty(place, key, { value: inner, enumerable: true, configurable: true, writable: true });
    place = inner;
  }
  Object.defineProperty(place, last, { value, enumerable: true, configurable: true, writable: true });
}

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type PythonEnvironment, pythonEnvironment } from '../../test/support/python-environment.js';

/** Not in the build: Python is run from where it is written. */
const SCRIPTS = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './' : '../../../bench/peers/', import.meta.url));

/** Each peer has an environment of its own. */
export const peerEnvironment = (name: string, packages: readonly string[]): PythonEnvironment =>
  pythonEnvironment(`peers/${name}`, packages);

export const scriptPath = (name: string): string => join(SCRIPTS, name);

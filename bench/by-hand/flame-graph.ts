/**
 * `perf script` on standard input → a flame graph as SVG on standard output, and shares of the parts on standard error.
 * @module
 */
import { createInterface } from 'node:readline';
import { Profile } from '../support/flame-graph.js';

const profile = new Profile();
for await (const line of createInterface({ input: process.stdin })) profile.line(line);
profile.end();
process.stdout.write(profile.svg());
for (const [part, share] of profile.shares()) process.stderr.write(`${(share * 100).toFixed(1).padStart(5)} %  ${part}\n`);

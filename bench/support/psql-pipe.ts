import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** Whether the peer can run here. */
export function hasPsql(): boolean {
  return spawnSync('psql', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** `psql COPY … | psql COPY …`: what a person does by hand, without a way back after a failure. @returns milliseconds */
export async function psqlPipe(source: string, destination: string, table: string, format: 'csv' | 'binary'): Promise<number> {
  const begun = performance.now();
  const read = spawn('psql', ['-qX', source, '-c', `copy ${table} to stdout (format ${format})`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const write = spawn('psql', ['-qX', destination, '-c', `copy ${table} from stdin (format ${format})`], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  read.stdout.pipe(write.stdin);
  const codes = await Promise.all([once(read, 'exit'), once(write, 'exit')]);
  if (codes.some(([code]) => code !== 0)) throw new Error('the psql pipe failed');
  return performance.now() - begun;
}

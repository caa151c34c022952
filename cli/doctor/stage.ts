import { type Check, pass } from './check.js';

export const stageCheck = (url: string, home: string): Check => ({
  name: 'stage',
  run: async () => {
    const { probeStage } = await import('../../stage/probe.js');
    await probeStage(url, home);
    return pass(url);
  },
});

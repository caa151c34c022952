import { z } from 'zod';
import { DRIFTS } from '../engine/schedule-drift.js';

const ACTION =
  `\`created\`: Temporal did not have it. \`repaired\`: somebody or something had changed it. \`adopted\`: an older version
had made it. \`removed\`: its connection is deleted or manual. \`paused\`, \`unpaused\`: as its connection is. \`adopted_pause\`:
somebody paused it in Temporal, and that stays.`.replaceAll('\n', ' ');

export const reconcileReportSchema = z
  .object({
    checked: z.int().describe('Connections with a schedule that were compared with Temporal.'),
    actions: z.array(z.object({ connectionId: z.string(), action: z.enum(DRIFTS).describe(ACTION), detail: z.string() })),
    failures: z
      .array(z.object({ connectionId: z.string(), code: z.string(), message: z.string() }))
      .describe('These stay as they are until the next time; the others are not held up by them.'),
  })
  .meta({ id: 'ReconcileReport' });

export type ReconcileReport = z.output<typeof reconcileReportSchema>;

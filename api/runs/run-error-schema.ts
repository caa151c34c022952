import { z } from 'zod';

export const runErrorSchema = z
  .object({ code: z.string(), message: z.string(), suggestion: z.string() })
  .meta({ id: 'RunError' });

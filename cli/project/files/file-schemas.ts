import { z } from 'zod';
import { connectionSettings } from '../../../schema/connection-config.js';
import { MAX_LABELS, labelsSchema } from '../../../schema/resource.js';
import { OWN_LABELS, OWN_PREFIX } from '../marks.js';

/** What stands in the files of a project. What API and files share is one schema. */

const nameSchema = z
  .string()
  .max(200)
  .regex(/^\S(.*\S)?$/, 'text that does not begin or end with a space');

const labels = labelsSchema
  .refine(
    (labels) => !Object.keys(labels).some((key) => key.startsWith(OWN_PREFIX)),
    `labels that begin with ${OWN_PREFIX} are written by apply`,
  )
  .refine((labels) => Object.keys(labels).length <= MAX_LABELS - OWN_LABELS, `at most ${MAX_LABELS - OWN_LABELS} labels`)
  .default({});

const systemFileSchema = z.strictObject({
  connector: z.string().min(1).describe('Id of the connector: millrace connectors list.'),
  config: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('As millrace connectors show says. Secrets as ${VARIABLE}, env:VARIABLE or file:/path.'),
  labels,
});

const systems = z.record(nameSchema, systemFileSchema).default({});

export const PROJECT_FILE = 'millrace.yaml';

export const projectNameSchema = z
  .string()
  .max(63)
  .regex(/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/, 'letters, digits, . _ and -')
  .describe('What the project makes is marked with it, and only that is ever deleted by it.');

export const projectFileSchema = z
  .strictObject({
    name: projectNameSchema,
    sources: systems.describe('Where rows come from, by name.'),
    destinations: systems.describe('Where rows go to, by name.'),
    connections: z
      .union([z.string().min(1), z.array(z.string().min(1))])
      .default('connections/*.yaml')
      .describe('The files of the connections, below this folder: *, **, ?, [abc] and {a,b}.'),
  })
  .meta({ title: 'Millrace project' });

export const connectionFileSchema = z
  .strictObject({
    name: nameSchema.optional().describe('The name of the file, without its ending, when absent.'),
    source: nameSchema.describe('Name of a source: of this project, or one that is there already.'),
    destination: nameSchema.describe('Name of a destination: of this project, or one that is there already.'),
    ...connectionSettings,
    labels,
  })
  .meta({ title: 'Millrace connection' });

export type SystemFile = z.output<typeof systemFileSchema>;
export type ProjectFile = z.output<typeof projectFileSchema>;
export type ConnectionFile = z.output<typeof connectionFileSchema>;

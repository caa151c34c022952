/** Writes docs/schema/*.json, the schemas of millrace.yaml and connections/*.yaml; a test compares them. Run it after a build. */
import { mkdir, writeFile } from 'node:fs/promises';
import { connectorViews } from '../dist/api/connectors/connector-view.js';
import { connectionJsonSchema, projectJsonSchema, schemaText } from '../dist/cli/project/files/json-schemas.js';

const folder = new URL('../docs/schema/', import.meta.url);
await mkdir(folder, { recursive: true });
await writeFile(new URL('millrace.schema.json', folder), schemaText(projectJsonSchema(connectorViews())));
await writeFile(new URL('connection.schema.json', folder), schemaText(connectionJsonSchema()));

import { fileURLToPath } from 'node:url';

/** The built bundle, whether this module runs from `dist` or from its source in a test. */
export const BUNDLE_PATH = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../dist/workflow-bundle.js' : '../workflow-bundle.js', import.meta.url),
);

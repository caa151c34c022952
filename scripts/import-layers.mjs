/**
 * Which folder may import which (DESIGN section 2). Layers are named by the longest matching path prefix; whoever is not
 * listed (test, bench, scripts, examples) may import anything.
 */
const VOCABULARY = ['schema', 'platform'];
const PLANNING = ['stage', 'transform', 'load', 'checkpoint', 'verify', 'connectors/sdk'];
const MESSAGES = 'workflows/messages.ts';

const MAY_IMPORT = {
  schema: VOCABULARY,
  platform: VOCABULARY,
  stage: [...VOCABULARY, ...PLANNING],
  transform: [...VOCABULARY, ...PLANNING],
  load: [...VOCABULARY, ...PLANNING],
  checkpoint: [...VOCABULARY, ...PLANNING],
  verify: [...VOCABULARY, ...PLANNING],
  'connectors/sdk': [...VOCABULARY, ...PLANNING],
  connectors: [...VOCABULARY, ...PLANNING, 'connectors'],
  activities: [...VOCABULARY, ...PLANNING, 'connectors', 'activities', MESSAGES],
  // workflow code runs in a sandbox: pure modules only, everything else as types
  workflows: ['schema', 'checkpoint', 'platform/errors', 'platform/collections', 'workflows', 'activities/contract.ts'],
  worker: [...VOCABULARY, ...PLANNING, 'connectors', 'activities', 'worker', MESSAGES],
  api: [...VOCABULARY, ...PLANNING, 'connectors', 'api', MESSAGES],
  // for others' programs: nothing of ours comes along
  client: ['client'],
  cli: [...VOCABULARY, 'checkpoint', 'cli', 'client', MESSAGES],
};

/** `millrace start` runs API and worker in its own process and loads them only then; `connector test` and `doctor` load connectors, `doctor` tries the stage. */
const LAZY = {
  cli: [
    'api/server.ts',
    'api/bootstrap-key.ts',
    'worker/main.ts',
    'connectors/packages/test.ts',
    'connectors/packages/examine.ts',
    'stage/probe.ts',
  ],
};

const WORKFLOW_PACKAGES = ['@temporalio/workflow', '@temporalio/common'];

/** Why the import is refused, or undefined when it is allowed. */
export function explainRefusal({ file, target, relative, typeOnly, lazy }) {
  const layer = layerOf(file);
  if (layer === undefined || /\.(test|check)\.ts$/.test(file)) return undefined;
  if (!relative) return refusedPackage(layer, { target, typeOnly });
  if (typeOnly && (layer === 'workflows' || target === MESSAGES)) return undefined;
  if (allows(MAY_IMPORT[layer], target)) return undefined;
  if (lazy && allows(LAZY[layer] ?? [], target)) return undefined;
  return `${layer} may import only ${MAY_IMPORT[layer].join(', ')}`;
}

function refusedPackage(layer, { target, typeOnly }) {
  if (layer !== 'workflows' || typeOnly || WORKFLOW_PACKAGES.includes(target)) return undefined;
  return `workflow code may import only ${WORKFLOW_PACKAGES.join(', ')} and types`;
}

function layerOf(file) {
  const matches = Object.keys(MAY_IMPORT).filter((layer) => file.startsWith(`${layer}/`));
  return matches.sort((a, b) => b.length - a.length)[0];
}

function allows(paths, target) {
  return paths.some((path) => target === path || target.startsWith(`${path}/`));
}

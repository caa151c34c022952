import type { ConnectorKind, ConnectorNames } from './names.js';
import type { Files } from './write.js';

/** Versions that this build was tried with. */
const TYPESCRIPT = '7.0.2';
const NODE_TYPES = '20.19.43';
const ZOD = '4.6.7';

/** What every connector package has beside its sources. */
export function packageFiles(kind: ConnectorKind, names: ConnectorNames, millrace: string): Files {
  return {
    'package.json': manifest(kind, names, millrace),
    'tsconfig.json': TSCONFIG,
    '.gitignore': 'node_modules\ndist\n',
  };
}

const DOES = { source: 'Reads', destination: 'Loads into' } as const;

function manifest(kind: ConnectorKind, names: ConnectorNames, millrace: string): string {
  const content = {
    name: names.package,
    version: '0.1.0',
    description: `${DOES[kind]} ${names.title} with Millrace.`,
    license: 'Apache-2.0',
    keywords: ['millrace', 'millrace-connector'],
    type: 'module',
    engines: { node: '>=20.19' },
    files: ['dist/src', 'README.md'],
    exports: { '.': { types: './dist/src/index.d.ts', default: './dist/src/index.js' }, './package.json': './package.json' },
    scripts: {
      build: 'tsc -p .',
      test: 'tsc -p . && node --test dist/test/*.test.js',
      prepack: 'npm run build',
    },
    peerDependencies: { millrace: `^${millrace}`, zod: '^4.0.0' },
    devDependencies: { '@types/node': NODE_TYPES, millrace, typescript: TYPESCRIPT, zod: ZOD },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

const TSCONFIG = `{
  "compilerOptions": {
    "target": "ES2023",
    "lib": ["ES2023", "ESNext.Disposable"],
    "module": "nodenext",
    "moduleResolution": "nodenext",
    "rootDir": ".",
    "outDir": "dist",
    "declaration": true,
    "strict": true,
    "noUncheckedIndexedAccess": true,
    "exactOptionalPropertyTypes": true,
    "verbatimModuleSyntax": true,
    "skipLibCheck": true,
    "types": ["node"]
  },
  "include": ["src", "test"]
}
`;

/**
 * Adds the platform packages that npm leaves out of package-lock.json when the registry in use does not serve them. Without
 * them `npm ci` refuses the file, and a machine of that platform would get no binary. To be run after every change of
 * dependencies: `node scripts/complete-lockfile.mjs`. The entries have no checksum, because the files were never seen.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = 'package-lock.json';
const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];

const lock = JSON.parse(readFileSync(FILE, 'utf8'));
const added = Object.entries(lock.packages).flatMap(([path, entry]) => missingOptionals(path, entry));
for (const [path, entry] of added) lock.packages[path] = entry;
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added.length} platform packages added.`);

function missingOptionals(parent, { optionalDependencies = {}, dev }) {
  const missing = Object.entries(optionalDependencies).filter(([name]) => !isLocked(parent, name));
  return missing.map(([name, range]) => [`node_modules/${name}`, platformEntry(name, range, dev)]);
}

function isLocked(parent, name) {
  return lock.packages[`node_modules/${name}`] !== undefined || lock.packages[`${parent}/node_modules/${name}`] !== undefined;
}

/** Platform packages are pinned to one version and say in their names what they are for: `…-linux-arm64-musl`. */
function platformEntry(name, version, dev) {
  const words = name.split(/[-/]/);
  const os = SYSTEMS.find((system) => words.includes(system));
  const cpu = PROCESSORS.find((processor) => words.includes(processor));
  if (!os || !cpu || !/^\d/.test(version)) throw new Error(`${name}@${version} is no platform package; lock it by hand`);
  const libc = words.find((word) => word === 'musl' || word === 'gnu');
  return {
    version,
    cpu: [cpu],
    ...(libc && { libc: [libc === 'gnu' ? 'glibc' : 'musl'] }),
    ...(dev && { dev }),
    optional: true,
    os: [os],
  };
}

/** A file that comes with the package: three folders above the built module, two above its source. */
export function packageFile(path: string): URL {
  return new URL(`${import.meta.url.includes('/dist/') ? '../../..' : '../..'}/${path}`, import.meta.url);
}

import { existsSync, readFileSync } from 'node:fs';

/** The version in this package's `package.json`, which lies above the sources and above what is built of them. */
export function packageVersion(): string {
  let manifest = new URL('package.json', import.meta.url);
  while (!existsSync(manifest)) {
    const above = new URL('../package.json', manifest);
    if (above.href === manifest.href) return 'unknown';
    manifest = above;
  }
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return version;
}

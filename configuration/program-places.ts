import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where programs that this package starts are looked for and kept. */
export interface ProgramPlaces {
  /** `TEMPORAL_CLI_PATH`: the `temporal` CLI to use. */
  temporalCliPath?: string;
  /** `TEMPORAL_TEST_SERVER_PATH`: the time-skipping test server to use, in tests. */
  testServerPath?: string;
  /** `CHROMIUM_PATH`: the Chromium or Chrome to use, in tests of the console. */
  chromiumPath?: string;
  /** `PATH`. */
  searchPath: string;
  /**
   * Folder for downloaded programs: `ONBOARDING_CACHE_DIR`, else `whatsapp-number-onboarding` in `XDG_CACHE_HOME` or in
   * `~/.cache`. It belongs to the user, not to a checkout, so that each machine downloads once.
   */
  cacheDir: string;
}

export function programPlaces(
  env: Readonly<Record<string, string | undefined>> = process.env,
): ProgramPlaces {
  const set = (name: string) => (env[name] === '' ? undefined : env[name]);
  const temporalCliPath = set('TEMPORAL_CLI_PATH');
  const testServerPath = set('TEMPORAL_TEST_SERVER_PATH');
  const chromiumPath = set('CHROMIUM_PATH');
  return {
    ...(temporalCliPath === undefined ? {} : { temporalCliPath }),
    ...(testServerPath === undefined ? {} : { testServerPath }),
    ...(chromiumPath === undefined ? {} : { chromiumPath }),
    searchPath: env['PATH'] ?? '',
    cacheDir:
      set('ONBOARDING_CACHE_DIR') ??
      join(set('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'whatsapp-number-onboarding'),
  };
}

/** The Chromium that the console is tested in. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import type { ProgramPlaces } from '../../configuration/program-places.js';

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome'];

/** What a container needs: Chromium's sandbox refuses root, and `/dev/shm` is small there. */
const IN_A_CONTAINER = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'];

/**
 * Starts a headless Chromium, or Chrome.
 *
 * @throws Error with a sentence that says what to install
 */
export async function launchChromium(
  places: Pick<ProgramPlaces, 'chromiumPath' | 'searchPath'>,
): Promise<Browser> {
  return chromium.launch({ executablePath: await findChromium(places), args: IN_A_CONTAINER });
}

/** @returns `CHROMIUM_PATH`, else the first of Chromium's usual names on the `PATH` */
export async function findChromium({
  chromiumPath,
  searchPath,
}: Pick<ProgramPlaces, 'chromiumPath' | 'searchPath'>): Promise<string> {
  if (chromiumPath !== undefined) {
    if (await isProgram(chromiumPath)) return chromiumPath;
    throw new Error(
      `CHROMIUM_PATH is ${chromiumPath}, which is not a program; correct or unset it.`,
    );
  }
  for (const command of COMMANDS) {
    for (const folder of searchPath.split(delimiter).filter((part) => part !== '')) {
      const path = join(folder, command);
      if (await isProgram(path)) return path;
    }
  }
  throw new Error(
    'The tests of the console need Chromium: install it (on Debian, "apt-get install chromium"), or set CHROMIUM_PATH to a Chromium or Chrome.',
  );
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false; // there is none, or it may not be run
  }
}

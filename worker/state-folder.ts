import { access, constants, stat } from 'node:fs/promises';
import { ensureFolder, hasCode } from '../activities/pin-store/durable-files.js';
import { ConfigurationError } from '../configuration/configuration-error.js';

/**
 * Make the folder of the stack's own files where it is missing.
 *
 * @throws {@link ConfigurationError} when files cannot be kept there
 */
export async function makeStateFolder(dir: string): Promise<void> {
  try {
    // Not Node's recursive mkdir, which never ends where a folder takes no new one, as in /proc.
    if (!(await isFolder(dir))) await ensureFolder(dir);
    await access(dir, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigurationError(
      `${dir} cannot be the state folder (${code ?? 'unknown reason'}); set ONBOARDING_STATE_DIR to a folder that you may write to.`,
    );
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

import { userInfo } from 'node:os';

/** Whose terminal this is; undefined for a user id without a name, as containers have. */
export function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined; // ENOENT: the user id has no entry in the user database
  }
}

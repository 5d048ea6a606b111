import type { Endpoint } from './request-log.js';

/** Where a request goes: the endpoint, and the id in its path as it was written. */
export interface Route {
  endpoint: Endpoint;
  id: string | undefined;
}

const NUMBER_ENDPOINTS: readonly Endpoint[] = [
  'read',
  'register',
  'deregister',
  'requestCode',
  'verifyCode',
  'setPin',
];

export const isNumberEndpoint = (endpoint: Endpoint): boolean =>
  NUMBER_ENDPOINTS.includes(endpoint);

/** By method and what follows the id in the path. */
const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  'GET ': 'read',
  'POST ': 'setPin',
  'POST register': 'register',
  'POST deregister': 'deregister',
  'POST request_code': 'requestCode',
  'POST verify_code': 'verifyCode',
  'GET phone_numbers': 'list',
  'POST phone_numbers': 'addNumber',
  'GET subscribed_apps': 'subscribedApps',
  'POST subscribed_apps': 'subscribeApp',
};

/** @param isAccount whether an id is a WhatsApp Business account's: a read of it is another one than a number's */
export function routeOf(method: string, path: string, isAccount: (id: string) => boolean): Route {
  const match = /^\/v[0-9]+\.[0-9]+\/([^/]+)(?:\/([^/]+))?\/?$/.exec(path);
  const id = match?.[1];
  const endpoint = id === undefined ? undefined : ENDPOINTS[`${method} ${match?.[2] ?? ''}`];
  if (id === undefined || endpoint === undefined) return { endpoint: 'unknown', id };
  return { endpoint: endpoint === 'read' && isAccount(id) ? 'readAccount' : endpoint, id };
}

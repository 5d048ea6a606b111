import { afterEach } from 'vitest';
import {
  type NumberSeed,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '../../simulator/simulator.js';

/** The number that tests call about, where they name none. */
export const ID = '106540352242922';

export interface Reply {
  status: number;
  /** The parsed JSON body. */
  body: Record<string, unknown>;
  /** Error code, and subcode where there is one: `133006`, `136024/2388367`; undefined for a success. */
  error: string | undefined;
}

const started: Simulator[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((simulator) => simulator.close()));
});

/** A simulator that is closed after the test. */
export async function simulatorWith(options: SimulatorOptions): Promise<Simulator> {
  const simulator = await startSimulator(options);
  started.push(simulator);
  return simulator;
}

/** A simulator with one number, {@link ID}, and the calls on it. */
export async function numberOf(seed: Omit<NumberSeed, 'id'> = {}, options: SimulatorOptions = {}) {
  const simulator = await simulatorWith({ ...options, numbers: [{ id: ID, ...seed }] });
  return { simulator, ...callsOn(simulator) };
}

export function callsOn(simulator: Simulator, id = ID) {
  const post = (path: string, body?: object): Promise<Reply> =>
    call(simulator, `/${id}${path}`, {
      method: 'POST',
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  return {
    register: (pin: unknown = '012345') =>
      post('/register', { messaging_product: 'whatsapp', pin }),
    deregister: () => post('/deregister'),
    requestCode: (method = 'SMS', language = 'en_US') =>
      post('/request_code', { code_method: method, language }),
    verifyCode: (code: unknown) => post('/verify_code', { code }),
    setPin: (body: object) => post('', body),
    read: (fields?: string) =>
      call(simulator, `/${id}${fields === undefined ? '' : `?fields=${fields}`}`),
    /** The newest code that was sent. */
    code: () => simulator.codes(id).at(-1)?.code ?? 'none',
  };
}

export async function call(
  simulator: Simulator,
  path: string,
  init: RequestInit = {},
): Promise<Reply> {
  const headers = { authorization: `Bearer ${simulator.token}`, ...init.headers };
  const response = await fetch(`${simulator.url}/v23.0${path}`, { ...init, headers });
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, body, error: errorOf(body) };
}

function errorOf(body: Record<string, unknown>): string | undefined {
  const { error } = body as { error?: { code: number; error_subcode?: number } };
  if (error === undefined) return undefined;
  return error.error_subcode === undefined
    ? `${error.code}`
    : `${error.code}/${error.error_subcode}`;
}

/** Another code than the given one. */
export function wrongCode(code: string): string {
  return code === '000000' ? '000001' : '000000';
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

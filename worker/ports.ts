import { createServer } from 'node:net';

/** Every server that this package starts listens on this address only. */
export const LOOPBACK = '127.0.0.1';

/**
 * Ports that nothing listened on a moment ago, as the operating system gives them.
 *
 * @returns as many different ports as asked for
 */
export async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, () => hold(0)));
  const ports = held.map((one) => one.port);
  await Promise.all(held.map((one) => one.release()));
  return ports;
}

/** Can this port be listened on now? */
export async function isPortFree(port: number): Promise<boolean> {
  try {
    await (await hold(port)).release();
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE' || code === 'EACCES') return false;
    throw error;
  }
}

/** A port that something was to listen on is taken. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
}

/**
 * @param title what was to listen there, such as `Temporal UI`
 * @param variable the environment variable that names the port
 * @throws {@link PortTakenError}
 */
export async function requireFreePort(
  port: number,
  title: string,
  variable: string,
): Promise<void> {
  if (await isPortFree(port)) return;
  throw new PortTakenError(
    `Port ${port} for the ${title} is taken; stop what uses it, or set ${variable} to another port.`,
  );
}

async function hold(port: number): Promise<{ port: number; release(): Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: LOOPBACK }, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The port has no number.');
  return {
    port: address.port,
    release: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
      }),
  };
}

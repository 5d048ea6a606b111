import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { LOOPBACK } from '../../worker/ports.js';

/** A way to a server that can be blocked, as if it were there and did not answer. */
export interface HangingProxy {
  /** Such as `http://127.0.0.1:40123`. */
  url: string;
  /** From now on nothing gets through, and nobody is told. */
  hang(): void;
  /** How often somebody tried to send something since. */
  waiting(): number;
  close(): Promise<void>;
}

/** @param target the server's address, such as `http://127.0.0.1:40122` */
export async function hangingProxy(target: string): Promise<HangingProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let hangs = false;
  let waiting = 0;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      // One that breaks takes the other with it.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (bytes) => {
      if (hangs) waiting += 1;
      else far.write(bytes);
    });
    far.on('data', (bytes) => near.write(bytes));
  });
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port: ownPort } = server.address() as AddressInfo;
  return {
    url: `http://${LOOPBACK}:${ownPort}`,
    hang() {
      hangs = true;
    },
    waiting: () => waiting,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

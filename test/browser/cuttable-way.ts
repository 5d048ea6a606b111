import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { LOOPBACK } from '../../worker/ports.js';

/** A way to a server that can be cut, as if the server were gone, and mended. */
export interface CuttableWay {
  /** `host:port`, the same over a cut. */
  address: string;
  cut(): Promise<void>;
  mend(): Promise<void>;
}

/** @param target `host:port` */
export async function cuttableWay(target: string): Promise<CuttableWay> {
  const { hostname, port: farPort } = new URL(`tcp://${target}`);
  const sockets = new Set<Socket>();
  let port = 0;
  let server: Server | undefined;

  async function mend(): Promise<void> {
    if (server !== undefined) return;
    server = createServer((near) => {
      const far = connect(Number(farPort), hostname);
      near.pipe(far).pipe(near);
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
    });
    server.listen(port, LOOPBACK);
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  }

  await mend();
  return {
    address: `${LOOPBACK}:${port}`,
    mend,
    async cut() {
      if (server === undefined) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      server = undefined;
      await closed;
    },
  };
}

import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'

/*
 * `forward-ports.mjs <log of the fake docker> <port>=<host:port> …`: forwards ports, as Docker does for containers. Ends when the
 * log shows that the containers were stopped.
 */

const [log = '', ...forwards] = process.argv.slice(2)

for (const forward of forwards) {
  const [port, address = ''] = forward.split('=')
  const [host, target] = address.split(':')
  const server = createServer((incoming) => {
    const outgoing = connect({ host, port: Number(target) })
    incoming.pipe(outgoing).pipe(incoming)
    for (const socket of [incoming, outgoing]) socket.on('error', () => socket.destroy())
  })
  await new Promise((resolve) => server.listen(Number(port), '127.0.0.1', () => resolve(undefined)))
}
process.stdout.write('ready\n')
setInterval(() => {
  if (/"stop"|"down"/.test(readFileSync(log, 'utf8'))) process.exit(0)
}, 50)

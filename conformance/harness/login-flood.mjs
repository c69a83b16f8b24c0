/**
 * Failing handshakes at one broker, at a steady rate, from a process of its own: plaintext at the TLS port, TLS by a peer
 * that trusts nobody, SCRAM with a proof that is none. Prints how many of each ended as {"sent":…,"ended":…}.
 *
 *   node login-flood.mjs HOST PORT COUNT PER_SECOND
 */
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'

const [host, port, count, perSecond] = [process.argv[2], ...process.argv.slice(3).map(Number)]
const PATIENCE_MS = 30_000
const ended = { plaintext: 0, untrusting: 0, scram: 0, gaveUp: 0 }
let sent = 0
let open = 0

function frame(apiKey, version, body) {
  const header = Buffer.alloc(14)
  header.writeInt32BE(10 + body.length, 0)
  header.writeInt16BE(apiKey, 4)
  header.writeInt16BE(version, 6)
  header.writeInt32BE(1, 8)
  header.writeInt16BE(-1, 12)
  return Buffer.concat([header, body])
}

function text(value) {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(2)
  length.writeInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}

function token(value) {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(4)
  length.writeInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

function watch(socket, kind) {
  open++
  const timer = setTimeout(() => {
    ended.gaveUp++
    socket.destroy()
  }, PATIENCE_MS)
  let failed = false
  socket.on('error', () => (failed = true))
  socket.on('close', () => {
    clearTimeout(timer)
    ended[kind]++
    open--
    if (sent === count && open === 0) finish()
  })
  return () => failed
}

const kinds = {
  plaintext() {
    const socket = connectTcp({ host, port })
    watch(socket, 'plaintext')
    socket.write(frame(18, 0, Buffer.alloc(0)))
    socket.resume()
  },
  untrusting() {
    const socket = connectTls({ host, port, ca: [] })
    watch(socket, 'untrusting')
    socket.resume()
  },
  scram() {
    const socket = connectTls({ host, port, rejectUnauthorized: false })
    watch(socket, 'scram')
    const user = `nobody-${sent % 50}`
    const nonce = `n${sent}`
    let step = 0
    socket.on('secureConnect', () => socket.write(frame(17, 1, text('SCRAM-SHA-512'))))
    socket.on('data', (bytes) => {
      step++
      if (step === 1) socket.write(frame(36, 0, token(`n,,n=${user},r=${nonce}`)))
      if (step === 2) {
        const agreed = /r=([^,]+),s=/.exec(bytes.toString('latin1'))?.[1] ?? ''
        socket.write(frame(36, 0, token(`c=biws,r=${agreed},p=${Buffer.alloc(64, 7).toString('base64')}`)))
      }
    })
  },
}

function finish() {
  process.stdout.write(`${JSON.stringify({ sent, ended })}\n`)
  process.exit(0)
}

const order = ['scram', 'plaintext', 'scram', 'untrusting']
const startedMs = performance.now()
const timer = setInterval(() => {
  const due = Math.min(count, Math.floor(((performance.now() - startedMs) / 1000) * perSecond))
  while (sent < due) {
    kinds[order[sent % order.length]]()
    sent++
  }
  if (sent === count) clearInterval(timer)
}, 10)

// npm ws, or Debian's node-ws; where it is, NODE_PATH says.
let WebSocket
try {
  WebSocket = require('ws')
} catch {
  console.log('skip: npm ws is not installed')
  process.exit(0)
}
const ws = new WebSocket(process.argv[2], {perMessageDeflate: {threshold: 10}})
const messages = ['grüße', 'x'.repeat(100000), Buffer.from([0, 1, 254, 255]), '']
let at = 0
const next = () => at < messages.length ? ws.send(messages[at]) : ws.ping('p')
ws.on('open', next)
ws.on('message', (data, binary) => {
  if (data.toString('latin1') !== Buffer.from(messages[at]).toString('latin1') || binary !== Buffer.isBuffer(messages[at])) {
    throw new Error('message ' + at)
  }
  at++
  next()
})
ws.on('pong', data => {
  if (data.toString() !== 'p') throw new Error('pong')
  ws.close(4000, 'bye')
})
ws.on('close', code => {
  if (code !== 4000) throw new Error('close ' + code)
  console.log('ok')
})

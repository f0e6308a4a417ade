"""python3-wsproto, which is a protocol without sockets."""
import socket, sys
from urllib.parse import urlparse
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Ping, Pong, Request, TextMessage
from wsproto.extensions import PerMessageDeflate

at = urlparse(sys.argv[1])
sock = socket.create_connection((at.hostname, at.port), 10)
ws = WSConnection(ConnectionType.CLIENT)

def send(event):
    sock.sendall(ws.send(event))

def events():
    while True:
        data = sock.recv(65536)
        ws.receive_data(data or None)
        yield from ws.events()
        if not data:
            return

def message(source):
    whole = None
    for event in source:
        part = event.data
        whole = part if whole is None else whole + part
        if event.message_finished:
            return whole

send(Request(host=at.netloc, target="/", extensions=[PerMessageDeflate()]))
source = events()
assert isinstance(next(source), AcceptConnection)
for kind, data in [(TextMessage, "grüße"), (TextMessage, "x" * 100_000), (BytesMessage, bytes(range(256)))]:
    send(kind(data=data))
    got = message(source)
    assert got == data, (data[:20], got[:20])
send(TextMessage(data="a", message_finished=False))
send(TextMessage(data="b", message_finished=True))
assert message(source) == "ab"
send(Ping(payload=b"p"))
assert next(source) == Pong(payload=b"p")
send(CloseConnection(code=4000, reason="bye"))
end = next(source)
assert isinstance(end, CloseConnection) and end.code == 4000, end
print("ok")

"""The chat of many guides: gather of sends."""
import asyncio, sys
import websockets

everybody = set()

async def handler(ws):
    everybody.add(ws)
    try:
        async for message in ws:
            await asyncio.gather(*[other.send(message) for other in everybody])
    finally:
        everybody.remove(ws)

async def main():
    async with websockets.serve(handler, "127.0.0.1", 0, compression=None) as server:
        print("127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()

if sys.argv[1:] == ["uvloop"]:
    import uvloop
    uvloop.install()
asyncio.run(main())

"""The chat of many guides: gather of sends, over aiohttp."""
import asyncio, sys
from aiohttp import web

everybody = set()

async def handler(request):
    ws = web.WebSocketResponse(compress=False)
    await ws.prepare(request)
    everybody.add(ws)
    try:
        async for message in ws:
            await asyncio.gather(*[other.send_str(message.data) for other in everybody])
    finally:
        everybody.remove(ws)
    return ws

async def main():
    app = web.Application()
    app.router.add_get("/ws", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print("127.0.0.1:%d" % site._server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Future()

if sys.argv[1:] == ["uvloop"]:
    import uvloop
    uvloop.install()
asyncio.run(main())

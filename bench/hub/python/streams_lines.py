"""A chat over lines, with the streams of asyncio."""
import asyncio, sys

everybody = set()

async def handler(reader, writer):
    everybody.add(writer)
    try:
        while line := await reader.readline():
            for other in everybody:
                other.write(line)
    finally:
        everybody.remove(writer)
        writer.close()

async def main():
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    print("127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Future()

if sys.argv[1:] == ["uvloop"]:
    import uvloop
    uvloop.install()
asyncio.run(main())

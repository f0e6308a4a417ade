"""python3-websockets, which compresses unless it is told not to."""
import asyncio, sys
import websockets

async def main(url):
    async with websockets.connect(url) as ws:
        assert ws.extensions, "no compression was agreed upon"
        for message in ["grüße", "x" * 100_000, bytes(range(256)), "", "y" * 300]:
            await ws.send(message)
            got = await ws.recv()
            assert got == message, (message[:20], got[:20])
        await ws.send(["a", "b", "c" * 1000])
        assert await ws.recv() == "ab" + "c" * 1000
        await asyncio.wait_for(await ws.ping(), 10)
        await ws.close(4000, "bye")
        assert ws.close_code == 4000, ws.close_code

asyncio.run(main(sys.argv[1]))
print("ok")

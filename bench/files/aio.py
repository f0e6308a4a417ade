import asyncio
import json
import os
import sys
import time

import aiofiles

AT_ONCE = 64


def small(folder, n):
    return [os.path.join(folder, "small", f"{i:06}.txt") for i in range(n)]


def made(path):
    return os.path.join(os.path.dirname(os.path.dirname(path)), "made", os.path.basename(path))


async def all_of(paths, one):
    limit = asyncio.Semaphore(AT_ONCE)

    async def limited(path):
        async with limit:
            return await one(path)

    return await asyncio.gather(*(limited(path) for path in paths))


async def count_aiofiles(folder, n):
    units = size = failed = 0
    async with aiofiles.open(os.path.join(folder, "medium.log"), "rb") as f:
        async for line in f:
            units += 1
            size += len(line)
            failed += line.endswith(b" 500\n")
    return units, size


async def count_plain(folder, n):
    units = size = failed = 0
    with open(os.path.join(folder, "medium.log"), "rb") as f:
        for line in f:
            units += 1
            size += len(line)
            failed += line.endswith(b" 500\n")
    return units, size


async def read_aiofiles(folder, n):
    async def one(path):
        async with aiofiles.open(path, "rb") as f:
            return len(await f.read())

    sizes = await all_of(small(folder, n), one)
    return len(sizes), sum(sizes)


async def read_plain(folder, n):
    size = 0
    for path in small(folder, n):
        with open(path, "rb") as f:
            size += len(f.read())
    return n, size


async def make_aiofiles(folder, n):
    async def one(path):
        async with aiofiles.open(path, "rb") as f:
            text = await f.read()
        async with aiofiles.open(made(path), "wb") as f:
            await f.write(text.upper())
        return len(text)

    sizes = await all_of(small(folder, n), one)
    return len(sizes), sum(sizes)


async def make_plain(folder, n):
    size = 0
    for path in small(folder, n):
        with open(path, "rb") as f:
            text = f.read()
        with open(made(path), "wb") as f:
            f.write(text.upper())
        size += len(text)
    return n, size


contenders = {
    "count aiofiles": count_aiofiles,
    "count python open": count_plain,
    "read aiofiles": read_aiofiles,
    "read python open": read_plain,
    "make aiofiles": make_aiofiles,
    "make python open": make_plain,
}


async def main(kind, name, folder, n):
    began = time.perf_counter_ns()
    units, size = await contenders[f"{kind} {name}"](folder, int(n))
    print(json.dumps({"Units": units, "Bytes": size, "Took": time.perf_counter_ns() - began}))


asyncio.run(main(*sys.argv[1:]))

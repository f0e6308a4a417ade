// Package files reads and writes files without holding up the rest of a program: what
// aiofiles is to asyncio, and the loops that people write around it.
//
// The words:
//
//   - A line is what stands between two line feeds, without them, and without a carriage
//     return at its end. What follows the last line feed is a line if it is not empty.
//   - A range is a part of a file that is read by itself. A line belongs to the range in
//     which it begins, so each belongs to one.
//   - To replace a file is to write the new content beside it, to make that last, and to
//     give it the name in one step. Who reads the name finds the old content or the new,
//     whole, whenever a process dies or the power fails.
//   - A file grows, or is cut, when its size is not what it was when it was opened.
//
// # Waiting
//
// What asks the file system may block for long, and can't be stopped. All of it runs
// through [inflight.Offload]: at most so many operations at once as the pool of the
// outermost scope has places, and outside of any scope without a bound. When a context
// ends, who waits is let go with the cause. A read is left at once, and what is to be undone,
// such as a file that is half written, is waited for up to a second; if the operation is
// still running then, the error is [inflight.ErrAbandoned], too, and the operation keeps its
// place until the system answers. Pipes and terminals that are read, which may never
// answer, take no place.
//
// A context that had ended before the call makes everything here fail with its cause.
//
// # What is read
//
// [Open], [Lines], [Ranges] and [Transform] unpack what begins as gzip or zstd does,
// whatever its name is. [Read] and [Copy] take a file as it is.
//
// A file is read up to the size that it had when it was opened. If it is of another size
// in the end, the error says so and is [ErrChanged]; it comes after all that was there to
// read. What says nothing of its size, such as a pipe or a file in /proc, is read up to
// its end.
//
// # What is replaced
//
// [Write], [Replace], [Copy] and [Transform] replace files, each of which keeps its
// permissions, and its owner and group where the system allows that. A symbolic link is
// followed and stays; other names of the same file (hard links) keep the old content. What
// is there and no regular file, such as a device or a pipe, is written to as it is.
//
// Until it is whole the new content is called .NAME-XXXXXXXX.tmp, in the same folder. After
// a failure or a cancellation there is no such file, and the old one is as it was; where an
// operation was abandoned, the file is removed when that returns. A process that is killed
// leaves it behind.
package files

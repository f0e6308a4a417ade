package attach

import (
	"fmt"
	"net"
	"os"
)

// sameUser refuses a connection whose other end belongs to another user, root
// included: a program's tasks are its user's business.
func sameUser(c *net.UnixConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	uid, failed := -1, error(nil)
	if err := raw.Control(func(fd uintptr) { uid, failed = peer(int(fd)) }); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	if uid != os.Geteuid() {
		return fmt.Errorf("%w: the other end belongs to user %d", ErrUnsafe, uid)
	}
	return nil
}

//go:build !linux && !darwin && !freebsd

package attach

func peer(int) (uid int, err error) { return -1, ErrUnsupported }

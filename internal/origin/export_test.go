package origin

import "net"

// Paths are the paths that o answers.
func Paths(o *Origin) (paths []string) {
	for _, rt := range o.routes {
		paths = append(paths, rt.path)
	}
	return paths
}

// Conns are the two ends of a connection in memory.
func Conns() (near, far net.Conn) {
	return newConns()
}

package origin

// Paths are the paths that o answers.
func Paths(o *Origin) (paths []string) {
	for _, rt := range o.routes {
		paths = append(paths, rt.path)
	}
	return paths
}

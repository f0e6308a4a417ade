package park

// Bookmark puts a bookmark in front of k, a child of n that is not the youngest.
func (n *Node) Bookmark(k *Node) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.bookmark(k)
}

package localca

// Cached returns how many certificates are kept.
func (a *CA) Cached() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.cached)
}

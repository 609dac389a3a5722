package rest

// MaxSources is how many source addresses are counted at once.
const MaxSources = maxSources

// SourcesOf returns how many source addresses h remembers.
func SourcesOf(h *Handler) int { return len(h.rate.Load().sources) }

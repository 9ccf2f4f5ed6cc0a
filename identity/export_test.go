package identity

// CacheSize bounds each of the cache's two generations.
const CacheSize = cacheSize

// CacheLen counts the tokens that a verifier remembers.
func CacheLen(v *Verifier) int {
	v.cache.mu.RLock()
	defer v.cache.mu.RUnlock()
	return len(v.cache.newer) + len(v.cache.older)
}

// Cached reports whether a token would be taken without looking again.
func Cached(v *Verifier, token string) bool {
	_, ok := v.cache.get(digest(token), v.now())
	return ok
}

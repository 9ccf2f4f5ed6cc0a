// Package edge holds what both HTTP programs need where the outside begins and
// neither owns: strict JSON, problem answers, request ids, origin and host
// rules, limits per user, logging, and a listener that drains.
//
// It knows nothing of MCP, ChatKit, tokens or tasks, and imports nothing of
// ours. The middlewares are meant to be nested in this order, outermost first:
//
//	WithRequestID, LogRequests, Recover, CheckHost or LoopbackOnly,
//	Origins.Check, the routes, KeepAlive around what streams
package edge

package main

import (
	"context"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/edge"
)

// fair lets what reads or changes tasks wait for its user's turn.
func (ts *toolset) fair(s *edge.Share) mcp.Middleware {
	return func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
			switch method {
			case "tools/call", "resources/read", "prompts/get", "completion/complete":
			default:
				return next(ctx, method, req)
			}
			user, err := ts.caller(req)
			if err != nil {
				return nil, err
			}
			leave, err := s.Enter(ctx, user)
			if err != nil {
				const text = "too many calls at once; nothing was done, try again in a moment"
				if method == "tools/call" {
					return toolError(codeLimited, text), nil
				}
				return nil, unavailable(text)
			}
			defer leave()
			return next(ctx, method, req)
		}
	}
}

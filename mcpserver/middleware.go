package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime/debug"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/edge"
)

// recovered turns a panic in a handler into a generic error. Handlers run in
// the SDK's goroutines, where a panic would end the process and with it the
// calls of everybody else.
func recovered(logger *slog.Logger) mcp.Middleware {
	return func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, req mcp.Request) (result mcp.Result, err error) {
			defer func() {
				if p := recover(); p != nil {
					logger.ErrorContext(ctx, "panic", "method", method, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
					result, err = nil, errInternal
				}
			}()
			return next(ctx, method, req)
		}
	}
}

// checked refuses what the SDK would take: log levels that do not exist, and
// resource URIs that it cannot quote in its answer. It gives the code that the
// SDK leaves out to a session that is opened twice.
func checked(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		switch params := req.GetParams().(type) {
		//lint:ignore SA1019 hosts of the older era still send it
		case *mcp.SetLoggingLevelParams:
			switch params.Level {
			case "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency":
			default:
				return nil, invalidParams("level: must be one of debug, info, notice, warning, error, critical, alert, emergency")
			}
		case *mcp.ReadResourceParams:
			if !isURI(params.URI) {
				return nil, invalidParams("uri: must be a URI of up to 2048 ASCII characters")
			}
		}
		result, err := next(ctx, method, req)
		if _, coded := errors.AsType[*jsonrpc.Error](err); err != nil && !coded && method == "initialize" {
			err = &jsonrpc.Error{Code: jsonrpc.CodeInvalidRequest, Message: "initialize: this session is open already"}
		}
		return result, err
	}
}

func isURI(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= 2048
}

// limitedCalls bounds the tool calls of each user. Over the limit a call is a
// tool error, which a model can read and heed.
func (ts *toolset) limitedCalls(limit *edge.Limiter) mcp.Middleware {
	return func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
			if method != "tools/call" {
				return next(ctx, method, req)
			}
			user, err := ts.caller(req)
			if err != nil {
				return nil, err
			}
			if wait, ok := limit.Take(ctx, user, 1); !ok {
				return toolError(codeLimited, fmt.Sprintf(
					"too many tool calls; nothing was done, try again in %d s", int(math.Ceil(wait.Seconds())))), nil
			}
			return next(ctx, method, req)
		}
	}
}

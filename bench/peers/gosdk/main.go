// Command gosdk is the bare server that ours is measured against: the Go SDK
// at its default settings with one trivial tool, no authentication, no store.
package main

import (
	"context"
	"flag"
	"log"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type args struct {
	TaskID string `json:"task_id"`
}

func main() {
	addr := flag.String("http", "", "serve over HTTP on this address: /2025 with sessions, /2026 without")
	flag.Parse()
	server := mcp.NewServer(&mcp.Implementation{Name: "gosdk", Version: "1.0.0"}, nil)
	if *addr == "" {
		// Empty, for the comparison of start-up times.
		if err := server.Run(context.Background(), &mcp.StdioTransport{}); err != nil {
			log.Fatal(err)
		}
		return
	}
	mcp.AddTool(server, &mcp.Tool{Name: "get_task", Description: "Says hello to a task"},
		func(_ context.Context, _ *mcp.CallToolRequest, in args) (*mcp.CallToolResult, any, error) {
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "hello " + in.TaskID}}}, nil, nil
		})
	get := func(*http.Request) *mcp.Server { return server }
	http.Handle("/2025", mcp.NewStreamableHTTPHandler(get, nil))
	// The only setting that differs from the defaults: without it the SDK
	// does not serve the newer era.
	http.Handle("/2026", mcp.NewStreamableHTTPHandler(get, &mcp.StreamableHTTPOptions{Stateless: true}))
	log.Fatal(http.ListenAndServe(*addr, nil))
}
